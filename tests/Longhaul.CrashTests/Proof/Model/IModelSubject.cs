namespace Longhaul.Proof;

/// <summary>What a generated sequence is run against: a store, or the model of one.</summary>
internal interface IModelSubject : IAsyncDisposable
{
    string Name { get; }

    /// <summary>Does one step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="number">Its number in the sequence: gives each value that is written one of its own.</param>
    /// <returns>All that the caller is told, in words that are the same for all subjects.</returns>
    Task<string> DoAsync(Step step, int number);

    /// <summary>All that a reader sees of jobs, workers and queues.</summary>
    Task<string> SeeAsync();

    /// <summary>What is seen beyond that by those who look closely: logs, histories, checkpoints. Null: this subject does not know.</summary>
    Task<string?> SeeMoreAsync();
}

/// <summary>Counts from the newest, so that what was just made is chosen often.</summary>
internal static class Choice
{
    /// <summary>An index, or -1 where there is nothing to choose from.</summary>
    public static int FromNewest(int number, int count) => count == 0 ? -1 : count - 1 - (number % count);
}
