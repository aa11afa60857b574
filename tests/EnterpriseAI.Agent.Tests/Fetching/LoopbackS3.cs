using System.Diagnostics;
using System.Globalization;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace EnterpriseAI.Agent.Tests.Fetching;

/// <summary>An S3 store that others wrote, as a process on loopback; without it the test is ignored.</summary>
internal sealed class LoopbackS3 : IAsyncDisposable
{
    public const string Bucket = "models";

    // The store knows this one account.
    public const string Key = "S3RVER";

    private readonly Process _process;
    private readonly DirectoryInfo _folder;

    private LoopbackS3(Process process, DirectoryInfo folder, int port)
    {
        (_process, _folder) = (process, folder);
        Endpoint = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        Client = new AmazonS3Client(
            new BasicAWSCredentials(Key, Key),
            new AmazonS3Config { ServiceURL = Endpoint.AbsoluteUri, ForcePathStyle = true, AuthenticationRegion = "us-east-1", RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED });
    }

    public Uri Endpoint { get; }

    public AmazonS3Client Client { get; }

    public static async Task<LoopbackS3> StartAsync()
    {
        var scripts = Scripts();
        if (!Directory.Exists(Path.Combine(scripts, "node_modules")))
        {
            Assert.Ignore($"the S3 store is not there: run npm ci in {scripts}");
        }

        var folder = Directory.CreateTempSubdirectory("agent-tests-s3-");
        var start = new ProcessStartInfo("node", ["serve.js", folder.FullName]) { WorkingDirectory = scripts, RedirectStandardInput = true, RedirectStandardOutput = true };
        var process = Process.Start(start)!;
        var port = await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
        return new LoopbackS3(process, folder, int.Parse(port!, CultureInfo.InvariantCulture));
    }

    public async Task PutAsync(string key, byte[] content, string? encoding = null)
    {
        var request = new PutObjectRequest { BucketName = Bucket, Key = key, InputStream = new MemoryStream(content), UseChunkEncoding = false };
        if (encoding is not null)
        {
            request.Headers.ContentEncoding = encoding;
        }

        await Client.PutObjectAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(5)))
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static string Scripts()
    {
        var folder = new DirectoryInfo(TestContext.CurrentContext.TestDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "EnterpriseAI.Operator.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder?.FullName ?? throw new DirectoryNotFoundException("the tests do not run within the repository"), "tests", "EnterpriseAI.Agent.Tests", "s3-server");
    }
}
