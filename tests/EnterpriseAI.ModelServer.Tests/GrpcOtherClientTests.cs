using System.Diagnostics;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>Calls of a client that others wrote: gRPC's own for Node.js.</summary>
public class GrpcOtherClientTests
{
    [Test]
    public async Task The_gRPC_client_of_Node_js_understands_the_server()
    {
        var repository = Repository();
        var folder = Path.Combine(repository, "tests", "EnterpriseAI.ModelServer.Tests", "grpc-client");
        if (!Directory.Exists(Path.Combine(folder, "node_modules")))
            Assert.Ignore($"the client is not there: run npm ci in {folder}");
        await using var client = await GrpcClient.StartAsync(OnnxModels.Linear());
        var start = new ProcessStartInfo("node", ["call.js", client.Http.BaseAddress!.Authority, Path.Combine(repository, "operator", "EnterpriseAI.ModelServer", "Protocol", "Grpc", "Protos")])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync();
            var error = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
            Assert.That(process.ExitCode, Is.Zero, await error);
            Assert.That(await output, Does.Contain("all calls were answered"));
        }
        finally
        {
            process.Kill();
        }
    }

    private static string Repository()
    {
        var folder = new DirectoryInfo(TestContext.CurrentContext.TestDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "EnterpriseAI.Operator.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("the tests do not run within the repository");
    }
}
