using System.Globalization;
using System.Reflection;

namespace Longhaul.Architecture.Tests;

/// <summary>Types and constants as C# writes them.</summary>
internal static class ApiName
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(char)] = "char",
        [typeof(short)] = "short",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(decimal)] = "decimal",
    };

    public static string Of(Type type, NullabilityInfo? nullability = null)
    {
        if (type.IsByRef)
        {
            return Of(type.GetElementType()!, nullability);
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Of(underlying) + "?";
        }

        var mark = nullability is { ReadState: NullabilityState.Nullable } && !type.IsValueType ? "?" : "";
        if (type.IsArray)
        {
            return $"{Of(type.GetElementType()!, nullability?.ElementType)}[]{mark}";
        }

        return Plain(type, nullability) + mark;
    }

    public static string Literal(object? value) => value switch
    {
        null => "default",
        string text => $"\"{text}\"",
        bool yes => yes ? "true" : "false",
        Enum named => named.ToString(),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static string Plain(Type type, NullabilityInfo? nullability)
    {
        if (Keywords.TryGetValue(type, out var keyword))
        {
            return keyword;
        }

        var name = type.Name.Split('`')[0];
        var owned = 0;
        if (type is { IsNested: true, IsGenericParameter: false })
        {
            var owner = type.DeclaringType!;
            owned = owner.GetGenericArguments().Length;
            name = Plain(owner, null) + "." + name;
        }

        var arguments = type.GetGenericArguments();
        if (arguments.Length <= owned)
        {
            return name;
        }

        var written = arguments.Skip(owned).Select((a, i) => Of(a, nullability?.GenericTypeArguments.ElementAtOrDefault(i + owned)));
        return $"{name}<{string.Join(", ", written)}>";
    }
}
