using System.Reflection;

namespace Longhaul.Jobs;

/// <summary>Finds the handlers of an assembly.</summary>
internal static class AssemblyHandlers
{
    /// <exception cref="ArgumentException">There is none.</exception>
    public static IReadOnlyList<HandlerRegistration> Of(Assembly assembly, IReadOnlyCollection<Type> except)
    {
        var found = (
            from type in assembly.GetTypes()
            where type is { IsClass: true, IsAbstract: false, ContainsGenericParameters: false }
            from handled in type.GetInterfaces()
            where handled.IsGenericType && handled.GetGenericTypeDefinition() == typeof(IJobHandler<>)
            orderby type.FullName
            select (Handler: type, Payload: handled.GetGenericArguments()[0])).ToArray();
        if (found.Length == 0)
            throw new ArgumentException($"An assembly given to AddHandlersFromAssembly must have a class that is an IJobHandler<…>, but {assembly.GetName().Name} has none. Give the assembly of your handlers.", nameof(assembly));

        return [.. found.Where(f => !except.Contains(f.Handler)).Select(static f => Registration(f.Payload, f.Handler))];
    }

    private static HandlerRegistration Registration(Type payload, Type handler)
        => (HandlerRegistration)Activator.CreateInstance(typeof(ClassHandlerRegistration<,>).MakeGenericType(payload, handler), [null])!;
}
