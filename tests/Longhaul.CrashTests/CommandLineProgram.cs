using Longhaul.Proof;

namespace Longhaul.CrashTests;

/// <summary>
/// The worker's application with the command line in it, as users have it: <c>work --processes 2</c> starts this program again. What the
/// command line does not say comes in the environment, which the children inherit.
/// </summary>
internal static class CommandLineProgram
{
    public const string Variable = "LONGHAUL_PROOF_WORKER";

    /// <summary>Null: the arguments are not for it.</summary>
    public static Task<int>? Run(string[] args)
    {
        if (args is not ["work", ..] || Environment.GetEnvironmentVariable(Variable) is not { } settings)
            return null;
        ProofProgram.DieWithParent();
        return RunAsync(WorkerSettings.Of(settings), args);
    }

    private static async Task<int> RunAsync(WorkerSettings settings, string[] args)
    {
        settings = settings with { Name = $"{settings.Name}.{Environment.ProcessId}" };
        using var recorder = WorkerProgram.RecorderOf(settings);
        return await WorkerProgram.Builder(settings, recorder).Build().RunLonghaulAsync(args);
    }
}
