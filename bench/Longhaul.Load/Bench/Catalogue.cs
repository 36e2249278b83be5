using Longhaul.Load.Bench.Kinds;
using Longhaul.Load.Bench.Peers;
using Longhaul.Load.Bench.Postgres;
using Longhaul.Load.Bench.Postgres.Designs;
using Longhaul.Load.Bench.Subjects;

namespace Longhaul.Load.Bench;

/// <summary>What can be measured on which store, in the order in which it is.</summary>
internal static class Catalogue
{
    /// <summary>Compares designs of the database alone, not systems: measured only when it is asked for, and kept apart.</summary>
    public const string Designs = "designs";

    public static IReadOnlyList<Case>? Of(string store, PostgresGround ground, IReadOnlyList<Peer> peers) => store switch
    {
        "sqlite" => Sqlite(),
        "memory" => Memory(),
        "postgres" => Postgres(ground, peers),
        _ => null,
    };

    private static Case[] Postgres(PostgresGround ground, IReadOnlyList<Peer> peers)
    {
        var store = StoreUnderTest.Postgres(ground);
        return
        [
            .. ((Case[])
            [
                .. EnqueueKinds.Of(store, null), .. DrainKinds.Of(store, null), .. PickupKind.Of(store), .. BacklogKind.Of(store),
                .. HeldKind.Of(store), .. WorkersKind.Of(store), .. QuietKinds.Of(store),
            ]).Select(@case => Peer.Beside(@case, ground, peers)),
            .. new DesignsKind(ground).All(),
        ];
    }

    private static Case[] Sqlite()
    {
        var (full, normal) = (new StoreUnderTest("sqlite"), new StoreUnderTest("sqlite", StoreUnderTest.Normal));
        return
        [
            .. EnqueueKinds.Of(full, full.Synchronous), .. EnqueueKinds.Of(normal, normal.Synchronous),
            .. DrainKinds.Of(full, full.Synchronous), .. DrainKinds.Of(normal, normal.Synchronous),
            .. PickupKind.Of(full), .. BacklogKind.Of(full), .. WorkersKind.Of(full), .. QuietKinds.Of(full),
        ];
    }

    private static Case[] Memory()
    {
        var memory = StoreUnderTest.Memory;
        return
        [
            .. EngineKinds.All(), .. EnqueueKinds.Of(memory, null), .. DrainKinds.Of(memory, null),
            .. PickupKind.Of(memory), .. BacklogKind.Of(memory), .. QuietKinds.Of(memory),
        ];
    }
}
