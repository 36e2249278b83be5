using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>The answers to a call whose parts have fates of their own, and the error that the caller gets although the other parts are written.</summary>
internal readonly record struct Answers<T>(T[] All, StoreException? Refusal);
