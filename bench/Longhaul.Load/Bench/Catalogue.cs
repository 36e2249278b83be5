using Longhaul.Load.Bench.Kinds;
using Longhaul.Load.Bench.Subjects;

namespace Longhaul.Load.Bench;

/// <summary>What can be measured on which store, in the order in which it is.</summary>
internal static class Catalogue
{
    public static IReadOnlyList<Case>? Of(string store) => store switch
    {
        "sqlite" => Sqlite(),
        "memory" => Memory(),
        _ => null,
    };

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
