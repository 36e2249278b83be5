using System.Text.Json.Serialization;
using Longhaul.AspNetCore.Api;
using Longhaul.AspNetCore.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace Longhaul.AspNetCore.Tests;

/// <summary>
/// The OpenAPI document is made here, from the routes, and kept in the package, so that the application's own document is untouched.
/// <c>LONGHAUL_ACCEPT_API=1</c> writes it anew.
/// </summary>
[Trait("Part", "web")]
public sealed class OpenApiTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_document_in_the_package_is_that_of_the_routes()
    {
        await using var web = await Web.StartAsync(change: static setup =>
        {
            setup.Prefix = "/";
            setup.Http = static http => http.IsDescribed = true;
            setup.Services = static services => services
                .ConfigureHttpJsonOptions(static options =>
                {
                    options.SerializerOptions.Converters.Add(new JsonStringEnumConverter(System.Text.Json.JsonNamingPolicy.CamelCase));
                    options.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
                })
                .AddOpenApi("v1", Describe);
            setup.Before = static app => app.MapOpenApi("/document/{documentName}.json");
        });
        var made = (await web.Anonymous.GetStringAsync("/document/v1.json", Cancel)).ReplaceLineEndings("\n") + "\n";
        var file = Path.Combine(Root(), "src", "Longhaul.AspNetCore", "Api", "openapi.json");
        if (Environment.GetEnvironmentVariable("LONGHAUL_ACCEPT_API") == "1")
            await File.WriteAllTextAsync(file, made, Cancel);

        (await File.ReadAllTextAsync(file, Cancel)).ShouldBe(made, "run this test with LONGHAUL_ACCEPT_API=1 and commit the file");
    }

    [Fact]
    public async Task The_applications_own_document_is_untouched()
    {
        await using var web = await Web.StartAsync(change: static setup =>
        {
            setup.Services = static services => services.AddOpenApi("v1");
            setup.Before = static app =>
            {
                app.MapOpenApi("/document/{documentName}.json");
                app.MapGet("/mine", static () => "x").WithName("getJob");
                app.MapLonghaul("/second").AllowLocalOnly(); // nothing of it must be unique
            };
        });

        var document = System.Text.Json.JsonDocument.Parse(await web.Anonymous.GetStringAsync("/document/v1.json", Cancel)).RootElement;

        document.GetProperty("paths").EnumerateObject().Select(static path => path.Name).ShouldBe(["/mine"]);
    }

    [Fact]
    public async Task The_document_is_served_and_names_every_route_of_the_api()
    {
        await using var web = await Web.StartAsync();

        var paths = (await web.GetAsync("openapi.json")).GetProperty("paths").EnumerateObject().Select(static path => path.Name).ToArray();

        paths.ShouldContain("/api/jobs/{id}/cancel");
        paths.ShouldContain("/p/{token}");
        paths.Length.ShouldBeGreaterThan(35);
    }

    private static void Describe(OpenApiOptions options)
    {
        options.AddDocumentTransformer(static (document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Longhaul",
                Version = "1",
                Description = "Jobs, queues and workers of one Longhaul. Paths are below the prefix at which the application has mapped it.",
                License = new OpenApiLicense { Name = "MIT", Identifier = "MIT" },
            };
            document.Servers = [new OpenApiServer { Url = "..", Description = "The prefix: this document is at api/openapi.json below it." }];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                ["application"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "As the application has decided: its own login, or a token." },
            };
            document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("application", document)] = [] }, new OpenApiSecurityRequirement()];
            document.Tags = new HashSet<OpenApiTag> { new() { Name = "Longhaul", Description = "All of it." } };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(static async (operation, context, cancellationToken) =>
        {
            var metadata = context.Description.ActionDescriptor.EndpointMetadata;
            operation.OperationId = metadata.OfType<OperationName>().Single().Name;
            if (metadata.OfType<RequestBodyRule>().FirstOrDefault() is not { } rule)
                return;
            var schema = await context.GetOrCreateSchemaAsync(rule.Type, null, cancellationToken);
            context.Document!.AddComponent(rule.Type.Name, schema);
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = !rule.IsOptional,
                Content = new Dictionary<string, OpenApiMediaType> { ["application/json"] = new() { Schema = new OpenApiSchemaReference(rule.Type.Name, context.Document) } },
            };
        });
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Longhaul.slnx")))
            folder = folder.Parent ?? throw new InvalidOperationException("The tests must lie in the checkout.");
        return folder.FullName;
    }
}
