using System.Reflection;
using System.Runtime.ExceptionServices;
using Longhaul.Storage;

namespace Longhaul.Tests.Client;

/// <summary>A memory store with a test's code around each call.</summary>
public class AroundStore : DispatchProxy
{
    private IJobStore _inner = null!;
    private Func<string, object?[], Func<object?>, object?> _around = null!;

    /// <param name="around">Gets the method's name, the arguments and the call itself.</param>
    public static IJobStore Of(IJobStore inner, Func<string, object?[], Func<object?>, object?> around)
    {
        var store = Create<IJobStore, AroundStore>();
        ((AroundStore)(object)store)._inner = inner;
        ((AroundStore)(object)store)._around = around;
        return store;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        return _around(targetMethod!.Name, args ?? [], Call);

        object? Call()
        {
            try
            {
                return targetMethod.Invoke(_inner, args);
            }
            catch (TargetInvocationException e)
            {
                ExceptionDispatchInfo.Throw(e.InnerException!);
                throw;
            }
        }
    }
}
