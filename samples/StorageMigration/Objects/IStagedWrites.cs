namespace StorageMigration.Objects;

/// <summary>A store whose objects on their way lie in it under names of their own, which a crash leaves behind.</summary>
internal interface IStagedWrites
{
    /// <summary>Names what this writer puts there, and has what earlier writers of the same work have left removed, where it comes by.</summary>
    /// <param name="work">Names the work, such as a job; letters, digits and <c>_</c>.</param>
    /// <param name="writer">This writer of it: greater than those before, such as the fence token of a run.</param>
    /// <param name="keep">The tokens of uploads that are to go on.</param>
    void BeginWriting(string work, long writer, IReadOnlyCollection<string> keep);
}
