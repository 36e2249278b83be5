[assembly: Trait("Store", "sqlite")]
