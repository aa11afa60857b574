using EnterpriseAI.Gateway.Sources;
using Microsoft.Extensions.DependencyInjection;

namespace EnterpriseAI.Gateway.Tests;

[Parallelizable(ParallelScope.All)]
public sealed class StaticRoutesTests
{
    [Test]
    public async Task A_changed_file_takes_effect_and_a_bad_one_leaves_the_table_as_it_was()
    {
        await using var gateway = await TestGateway.StartAsync();
        var source = gateway.App.Services.GetRequiredService<StaticRoutes>();

        await File.WriteAllTextAsync(gateway.RoutesFile, Content("one"));
        await source.ReloadAsync(CancellationToken.None);
        var changed = gateway.Service.Name;
        await File.WriteAllTextAsync(gateway.RoutesFile, Content("two").Replace("Stable", "Stabel", StringComparison.Ordinal));
        await source.ReloadAsync(CancellationToken.None);
        var afterBad = gateway.Service.Name;
        File.Delete(gateway.RoutesFile);
        await source.ReloadAsync(CancellationToken.None);
        var afterMissing = gateway.Service.Name;
        await File.WriteAllTextAsync(gateway.RoutesFile, Content("two"));
        await source.ReloadAsync(CancellationToken.None);

        Assert.Multiple(async () =>
        {
            Assert.That((changed, afterBad, afterMissing, gateway.Service.Name), Is.EqualTo(("one", "one", "one", "two")));
            Assert.That(await gateway.Admin.GetStringAsync("/metrics"), Does.Contain("enterpriseai_gateway_rejected_tables_total"));
        });
    }

    [Test]
    public async Task The_file_is_followed_without_being_asked()
    {
        await using var gateway = await TestGateway.StartAsync();
        await File.WriteAllTextAsync(gateway.RoutesFile, Content("followed"));

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while ((await gateway.Client.GetAsync("/v2/models/followed", limit.Token)).StatusCode == System.Net.HttpStatusCode.NotFound) await Task.Yield();

        Assert.That(gateway.Service.Name, Is.EqualTo("followed"));
    }

    private static string Content(string service) =>
        $$"""{"services":[{"namespace":"default","name":"{{service}}","revisions":[{"name":"r1","role":"Stable","weight":100,"endpoints":[]}]}]}""";
}
