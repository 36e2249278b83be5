using StorageMigration.Objects;

namespace StorageMigration.Migration;

/// <summary>The stores of a migration: each keeps an object's metadata, folders too.</summary>
internal static class MigrationPlaces
{
    extension(ObjectStores stores)
    {
        /// <inheritdoc cref="ObjectStores.Open"/>
        public IObjectStore OpenPlace(string address) => stores.Open(address) is var store && store is FolderStore ? new FactsBesideStore(store) : store;

        /// <summary>As <see cref="OpenPlace"/>, to read from.</summary>
        /// <exception cref="DirectoryNotFoundException">It is a folder that is not there.</exception>
        public IObjectStore OpenSource(string address)
        {
            var store = stores.Open(address);
            if (store is not FolderStore folder)
                return store;
            folder.BeSource();
            return new FactsBesideStore(folder);
        }
    }
}
