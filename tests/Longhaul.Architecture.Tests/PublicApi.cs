using System.Globalization;
using System.Reflection;
using System.Text;

namespace Longhaul.Architecture.Tests;

/// <summary>Writes all that users of an assembly can name, one member a line, in an order that only a change of the surface changes.</summary>
internal static class PublicApi
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static string Describe(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (var type in assembly.GetExportedTypes().OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            text.Append(TypeLine(type)).Append('\n');
            foreach (var member in Members(type).Order(StringComparer.Ordinal))
            {
                text.Append("    ").Append(member).Append('\n');
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static string TypeLine(Type type)
    {
        var kind =
            type.IsEnum ? "enum" :
            typeof(MulticastDelegate).IsAssignableFrom(type) ? "delegate" :
            type.IsInterface ? "interface" :
            type.IsValueType ? (IsReadOnly(type) ? "readonly struct" : "struct") :
            type is { IsAbstract: true, IsSealed: true } ? "static class" :
            type.IsAbstract ? "abstract class" :
            type.IsSealed ? "sealed class" : "class";
        var bases = new List<string>();
        if (type is { IsClass: true, BaseType: { } parent } && parent != typeof(object) && parent != typeof(MulticastDelegate))
        {
            bases.Add(ApiName.Of(parent));
        }

        if (!type.IsEnum)
        {
            bases.AddRange(type.GetInterfaces().Where(i => i.IsPublic || i.IsNestedPublic).Select(i => ApiName.Of(i)).Order(StringComparer.Ordinal));
        }

        return $"{kind} {type.Namespace}.{ApiName.Of(type)}{(bases.Count > 0 ? " : " + string.Join(", ", bases) : "")}{Constraints(type.GetGenericArguments())}";
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
        {
            return type.GetFields(BindingFlags.Public | BindingFlags.Static)
                .Select(f => $"{Convert.ToInt64(f.GetRawConstantValue(), CultureInfo.InvariantCulture):000} = {f.Name}");
        }

        if (typeof(MulticastDelegate).IsAssignableFrom(type))
        {
            return [MethodLine(type.GetMethod("Invoke")!)];
        }

        return
        [
            .. type.GetConstructors(Declared).Where(c => !c.IsStatic && IsVisible(c)).Select(c => $"{Access(c)}new({Parameters(c)})"),
            .. type.GetFields(Declared).Where(f => (f.IsPublic || f.IsFamily || f.IsFamilyOrAssembly) && !f.IsSpecialName).Select(FieldLine),
            .. type.GetProperties(Declared).Where(p => p.GetAccessors(nonPublic: true).Any(IsVisible)).Select(PropertyLine),
            .. type.GetEvents(Declared).Where(e => IsVisible(e.AddMethod!)).Select(e => $"{Modifiers(e.AddMethod!)}event {ApiName.Of(e.EventHandlerType!)} {e.Name}"),
            .. type.GetMethods(Declared).Where(m => IsVisible(m) && !IsAccessor(m) && !IsWrittenByCompiler(m)).Select(MethodLine),
        ];
    }

    private static string FieldLine(FieldInfo field)
    {
        var modifiers = field.IsLiteral ? "const " : (field.IsStatic ? "static " : "") + (field.IsInitOnly ? "readonly " : "");
        var value = field.IsLiteral ? " = " + ApiName.Literal(field.GetRawConstantValue()) : "";
        return $"{modifiers}{ApiName.Of(field.FieldType, Nullability.Create(field))} {field.Name}{value}";
    }

    private static string PropertyLine(PropertyInfo property)
    {
        var accessors = new List<string>();
        if (property.GetMethod is { } get && IsVisible(get))
        {
            accessors.Add("get;");
        }

        if (property.SetMethod is { } set && IsVisible(set))
        {
            var isInit = set.ReturnParameter.GetRequiredCustomModifiers().Any(m => m.Name == "IsExternalInit");
            accessors.Add(isInit ? "init;" : "set;");
        }

        var required = property.CustomAttributes.Any(a => a.AttributeType.Name == "RequiredMemberAttribute") ? "required " : "";
        var index = property.GetIndexParameters();
        var name = index.Length > 0 ? $"this[{string.Join(", ", index.Select(Parameter))}]" : property.Name;
        var visible = property.GetAccessors(nonPublic: true).First(IsVisible);
        return $"{Modifiers(visible)}{required}{ApiName.Of(property.PropertyType, Nullability.Create(property))} {name} {{ {string.Join(' ', accessors)} }}";
    }

    private static string MethodLine(MethodInfo method)
    {
        var generic = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(a => a.Name))}>" : "";
        var result = ApiName.Of(method.ReturnType, Nullability.Create(method.ReturnParameter));
        return $"{Modifiers(method)}{result} {method.Name}{generic}({Parameters(method)}){Constraints(method.GetGenericArguments())}";
    }

    private static string Parameters(MethodBase method)
    {
        var extends = method.CustomAttributes.Any(a => a.AttributeType.Name == "ExtensionAttribute") ? "this " : "";
        return extends + string.Join(", ", method.GetParameters().Select(Parameter));
    }

    private static string Parameter(ParameterInfo parameter)
    {
        var passing = parameter.IsOut ? "out " : parameter.IsIn ? "in " : parameter.ParameterType.IsByRef ? "ref " : "";
        var value = parameter.HasDefaultValue ? " = " + ApiName.Literal(parameter.RawDefaultValue) : "";
        return $"{passing}{ApiName.Of(parameter.ParameterType, Nullability.Create(parameter))} {parameter.Name}{value}";
    }

    private static string Constraints(Type[] arguments)
    {
        var all = arguments.Where(a => a.IsGenericParameter).Select(Constraint).Where(c => c.Length > 0);
        return string.Concat(all);
    }

    private static string Constraint(Type argument)
    {
        var rules = new List<string>();
        var flags = argument.GenericParameterAttributes;
        if (flags.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint))
        {
            rules.Add("class");
        }

        if (flags.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint))
        {
            rules.Add("struct");
        }

        rules.AddRange(argument.GetGenericParameterConstraints().Where(c => c != typeof(ValueType)).Select(c => ApiName.Of(c)).Order(StringComparer.Ordinal));
        if (flags.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint) && !rules.Contains("struct"))
        {
            rules.Add("new()");
        }

        return rules.Count > 0 ? $" where {argument.Name} : {string.Join(", ", rules)}" : "";
    }

    private static string Modifiers(MethodInfo method)
    {
        var inInterface = method.DeclaringType!.IsInterface;
        var isOverride = method.GetBaseDefinition() != method;
        var kind =
            method.IsStatic ? (method.IsAbstract ? "static abstract " : "static ") :
            inInterface ? (method.IsAbstract ? "" : "default ") :
            isOverride ? "override " :
            method.IsAbstract ? "abstract " :
            method is { IsVirtual: true, IsFinal: false } && !method.DeclaringType.IsSealed ? "virtual " : "";
        return Access(method) + kind;
    }

    private static string Access(MethodBase method) => method.IsPublic ? "" : "protected ";

    private static bool IsVisible(MethodBase method) =>
        method.IsPublic || ((method.IsFamily || method.IsFamilyOrAssembly) && method.DeclaringType is { IsSealed: false });

    private static bool IsAccessor(MethodInfo method) => method.IsSpecialName && !method.Name.StartsWith("op_", StringComparison.Ordinal);

    // Equality, printing and copying of records: the word "record" in the code, not a decision of its own.
    private static bool IsWrittenByCompiler(MethodInfo method) =>
        method.CustomAttributes.Any(a => a.AttributeType.Name == "CompilerGeneratedAttribute") || method.Name == "<Clone>$" || method.Name == "PrintMembers";

    private static bool IsReadOnly(Type type) => type.CustomAttributes.Any(a => a.AttributeType.Name == "IsReadOnlyAttribute");

    private static NullabilityInfoContext Nullability => new();
}
