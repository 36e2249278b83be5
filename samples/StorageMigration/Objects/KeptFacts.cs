namespace StorageMigration.Objects;

/// <summary>Compares what two stores keep beside the bytes.</summary>
internal static class KeptFacts
{
    extension(ObjectFacts facts)
    {
        /// <summary>Whether a store keeps all that was said. What was not said, a store may say by itself (S3: a content type).</summary>
        public bool AreKeptBy(ObjectFacts kept)
            => IsKept(facts.ContentType, kept.ContentType) && IsKept(facts.CacheControl, kept.CacheControl)
               && IsKept(facts.ContentDisposition, kept.ContentDisposition) && IsKept(facts.ContentEncoding, kept.ContentEncoding)
               && IsKept(facts.ContentLanguage, kept.ContentLanguage)
               && facts.Metadata.Count == kept.Metadata.Count
               && facts.Metadata.All(pair => kept.Metadata.TryGetValue(pair.Key, out var value) && value == pair.Value);
    }

    private static bool IsKept(string? said, string? kept) => said is null || said == kept;
}
