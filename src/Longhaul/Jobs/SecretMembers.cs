using System.Text.Json.Serialization.Metadata;

namespace Longhaul.Jobs;

/// <summary>Finds what is marked with <see cref="SecretAttribute"/>.</summary>
internal static class SecretMembers
{
    /// <summary>The JSON names of all secret members of the type and of what it holds.</summary>
    public static IReadOnlySet<string> Of(JsonTypeInfo type)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        Visit(type, names, []);
        return names;
    }

    private static void Visit(JsonTypeInfo type, HashSet<string> names, HashSet<Type> seen)
    {
        if (!seen.Add(type.Type))
            return;
        if (type.ElementType is { } element)
            VisitType(element, type, names, seen);
        foreach (var property in type.Properties)
        {
            if (IsSecret(property))
                names.Add(property.Name);
            else
                VisitType(property.PropertyType, type, names, seen);
        }

        foreach (var derived in type.PolymorphismOptions?.DerivedTypes ?? [])
            VisitType(derived.DerivedType, type, names, seen);
    }

    private static void VisitType(Type type, JsonTypeInfo parent, HashSet<string> names, HashSet<Type> seen)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsPrimitive || type.IsEnum || type == typeof(string) || type == typeof(object))
            return;
        try
        {
            Visit(parent.Options.GetTypeInfo(type), names, seen);
        }
        catch (Exception e) when (e is NotSupportedException or InvalidOperationException)
        {
            // A member that cannot be written is told when a payload is: it may never hold a value.
        }
    }

    // On a positional record the attribute sits on the parameter.
    private static bool IsSecret(JsonPropertyInfo property)
        => property.AttributeProvider?.IsDefined(typeof(SecretAttribute), inherit: true) == true
            || property.AssociatedParameter?.AttributeProvider?.IsDefined(typeof(SecretAttribute), inherit: true) == true;
}
