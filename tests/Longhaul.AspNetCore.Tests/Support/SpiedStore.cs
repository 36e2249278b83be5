using System.Reflection;
using System.Runtime.ExceptionServices;
using Longhaul.Storage;

namespace Longhaul.AspNetCore.Tests.Support;

/// <summary>A store before each of whose methods a test is asked, which may throw or answer in its stead.</summary>
public class SpiedStore : DispatchProxy
{
    private IJobStore _inner = null!;
    private Func<string, object?> _before = null!;

    /// <param name="inner">What answers.</param>
    /// <param name="before">Gets the method's name; null: the store answers.</param>
    public static IJobStore Of(IJobStore inner, Func<string, object?> before)
    {
        var store = Create<IJobStore, SpiedStore>();
        (((SpiedStore)(object)store)._inner, ((SpiedStore)(object)store)._before) = (inner, before);
        return store;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        try
        {
            return _before(targetMethod!.Name) ?? targetMethod.Invoke(_inner, args);
        }
        catch (TargetInvocationException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerException!);
            throw;
        }
    }
}
