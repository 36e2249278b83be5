[assembly: Trait("Store", "postgres")]
