namespace Longhaul.Docs.Tests;

/// <summary>What docs/process-jobs.md shows.</summary>
internal static class ProcessSnippets
{
    public static void Entries(LonghaulBuilder longhaul)
    {
        #region snippet: process-entries
        longhaul.AddProcesses(processes => processes.Add("reports/monthly", new ProcessEntry
        {
            Executable = "/opt/reports/bin/report",
            Arguments = { "--month={month}", "--after={cursor}", "--verbose" },
            Parameters = { ["month"] = "[0-9]{4}-[0-9]{2}" },
            WorkingFolder = "/var/lib/reports",
            Environment = { ["REPORT_LANG"] = "en" },
            TimeLimit = TimeSpan.FromHours(6),
            RetryExitCodes = { 75 },
        }));
        #endregion
    }
}
