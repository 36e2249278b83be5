namespace StorageMigration.Objects.Drive;

/// <summary>Finds a file by its name.</summary>
internal static class DriveFinding
{
    extension(DriveApi api)
    {
        /// <summary>The oldest file or folder of a name in a folder; null: there is none.</summary>
        public async Task<DriveFile?> FindAsync(string folder, string name, bool isFolder, CancellationToken cancellationToken)
        {
            var query = $"{DriveQuery.In(folder)} and {DriveQuery.Named(name)} and mimeType {(isFolder ? "=" : "!=")} '{DriveFile.FolderType}' and trashed = false";
            var page = await api.AskAsync<DrivePage>(
                $"a look for '{name}'",
                () => api.Get($"drive/v3/files?q={Uri.EscapeDataString(query)}&orderBy=createdTime&pageSize=10{DriveQuery.Common}&fields=files({DriveFile.Fields})"),
                cancellationToken);
            return page.Files?.FirstOrDefault(file => file.Name == name); // its comparison is not exact
        }
    }
}
