using System.Xml.Linq;

namespace Longhaul.Architecture.Tests;

/// <summary>Dependencies point one way: samples, Cli, tests → AspNetCore, stores, Testing → Longhaul.</summary>
public sealed class DependencyTests
{
    private static readonly string[] CompositionRoots = ["Longhaul.Cli"];

    [Fact]
    public void A_package_refers_only_to_what_lies_below_it()
    {
        var wrong =
            from project in Projects("src/")
            from target in project.References
            where !MayRefer(project.Name, target)
            select $"{project.Name} must not refer to {target}";

        wrong.ShouldBeEmpty();
    }

    [Fact]
    public void The_engine_needs_no_database_and_no_web()
    {
        var engine = Projects("src/").Single(p => p.Name == "Longhaul");

        engine.References.ShouldBeEmpty();
        engine.Packages
            .Where(p => !p.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal) && p != "NCrontab.Signed")
            .ShouldBeEmpty("Longhaul may use only Microsoft.Extensions abstractions and the cron parser");
    }

    [Fact]
    public void The_engine_trusts_no_store_with_its_internals()
    {
        var friends = Projects("src/").Single(p => p.Name == "Longhaul").Friends;

        friends.Where(IsStore).ShouldBeEmpty("a store uses only the public Storage contract, like anyone's store");
    }

    [Fact]
    public void Samples_and_benchmarks_refer_only_to_packages()
    {
        var packages = Projects("src/").Select(p => p.Name).ToHashSet();
        var wrong =
            from project in Projects("samples/").Concat(Projects("bench/"))
            from target in project.References
            where !packages.Contains(target)
            select $"{project.Name} must not refer to {target}";

        wrong.ShouldBeEmpty();
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = XDocument.Load(Path.Combine(Repository.Root, "Longhaul.slnx"))
            .Descendants("Project").Select(p => p.Attribute("Path")!.Value);

        solution.Order(StringComparer.Ordinal).ShouldBe(Repository.ProjectFiles.Select(Repository.Relative));
    }

    private static bool MayRefer(string from, string to) =>
        from != "Longhaul" && (to == "Longhaul" || (CompositionRoots.Contains(from) && (IsStore(to) || to == "Longhaul.AspNetCore")));

    private static bool IsStore(string name) =>
        Projects("src/").Any(p => p.Name == name) && name is not ("Longhaul" or "Longhaul.AspNetCore" or "Longhaul.Testing" or "Longhaul.Cli");

    private static IEnumerable<Project> Projects(string folder) =>
        Repository.ProjectFiles.Where(p => Repository.Relative(p).StartsWith(folder, StringComparison.Ordinal)).Select(Project.Read);

    private sealed record Project(string Name, IReadOnlyList<string> References, IReadOnlyList<string> Packages, IReadOnlyList<string> Friends)
    {
        public static Project Read(string path)
        {
            var xml = XDocument.Load(path);
            return new(
                Path.GetFileNameWithoutExtension(path),
                [.. Includes(xml, "ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Replace('\\', '/')))],
                Includes(xml, "PackageReference"),
                Includes(xml, "InternalsVisibleTo"));
        }

        private static IReadOnlyList<string> Includes(XDocument xml, string item) =>
            [.. xml.Descendants(item).Select(e => e.Attribute("Include")!.Value)];
    }
}
