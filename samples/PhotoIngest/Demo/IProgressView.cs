namespace PhotoIngest.Demo;

/// <summary>Shows how far it is: live on a terminal, in lines elsewhere.</summary>
internal interface IProgressView
{
    /// <summary>How often it wants to be told.</summary>
    TimeSpan Interval { get; }

    /// <summary>Shows until <paramref name="watch"/> has ended, which gives each new standing to the function that it gets.</summary>
    Task ShowAsync(Func<Action<Standing>, Task> watch);
}
