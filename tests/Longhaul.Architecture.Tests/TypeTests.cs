using System.Reflection;
using Microsoft.Extensions.Logging;

namespace Longhaul.Architecture.Tests;

public sealed class TypeTests
{
    [Theory, MemberData(nameof(Packages.All), MemberType = typeof(Packages))]
    public void Every_public_class_is_sealed_or_made_to_derive_from(string package)
    {
        // A base that is caught and has public heirs here (StoreException) is made to derive from too.
        var types = Packages.Load(package).GetExportedTypes();
        var bases = types.Select(t => t.BaseType).ToHashSet();
        var open = types.Where(t => t is { IsClass: true, IsSealed: false, IsAbstract: false } && !bases.Contains(t));

        open.Select(t => t.FullName).ShouldBeEmpty("seal it, or make it abstract if users derive from it");
    }

    [Theory, MemberData(nameof(Packages.All), MemberType = typeof(Packages))]
    public void A_log_event_id_is_used_once_in_a_package(string package)
    {
        const BindingFlags All = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

        var twice =
            from type in Packages.Load(package).GetTypes()
            from method in type.GetMethods(All)
            let message = method.GetCustomAttribute<LoggerMessageAttribute>()
            where message is not null
            group $"{type.Name}.{method.Name}" by message.EventId into same
            where same.Key <= 0 || same.Count() > 1
            select $"{same.Key}: {string.Join(", ", same)}";

        twice.ShouldBeEmpty("each LoggerMessage needs an EventId of its own, from 1");
    }
}
