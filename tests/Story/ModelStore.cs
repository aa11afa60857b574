using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;

namespace EnterpriseAI.Story;

/// <summary>An HTTPS server with files of one folder, for those who trust its certificate and know its password.</summary>
public sealed class ModelStore : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly X509Certificate2 _certificate;

    private ModelStore(WebApplication app, X509Certificate2 certificate) => (_app, _certificate) = (app, certificate);

    /// <summary>Such as <c>https://10.99.0.1:40123</c>.</summary>
    public string Address => _app.Urls.Single();

    public string CertificatePem => _certificate.ExportCertificatePem();

    /// <summary>Paths that were asked for with the right password, in order.</summary>
    public ConcurrentQueue<string> Served { get; } = [];

    /// <summary>False: every request is answered 503.</summary>
    public bool IsOpen { get; set; } = true;

    /// <param name="folder">What is served.</param>
    /// <param name="address">An address of this machine that pods reach.</param>
    /// <param name="user">Who may ask.</param>
    /// <param name="password">Must be given by HTTP Basic authentication.</param>
    public static async Task<ModelStore> StartAsync(string folder, IPAddress address, string user, string password)
    {
        var certificate = Certificate(address);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(address, 0, listen => listen.UseHttps(certificate)));
        var app = builder.Build();
        var store = new ModelStore(app, certificate);
        var wanted = "Basic " + Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{user}:{password}"));
        app.Use(async (http, next) =>
        {
            if (!store.IsOpen || http.Request.Headers.Authorization != wanted)
            {
                http.Response.StatusCode = store.IsOpen ? 401 : 503;
                return;
            }
            store.Served.Enqueue(http.Request.Path.Value ?? "");
            await next(http);
        });
        app.UseStaticFiles(new StaticFileOptions { FileProvider = new PhysicalFileProvider(folder), ServeUnknownFileTypes = true });
        await app.StartAsync();
        return store;
    }

    /// <summary>An address of this machine at which pods reach a server of this process: the API server's, where it runs here too; null where it does not.</summary>
    public static async Task<IPAddress?> AddressForPodsAsync(Cluster cluster, CancellationToken cancellationToken)
    {
        var server = new Uri((await cluster.KubectlAsync(["config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}"], cancellationToken)).Trim());
        if (!IPAddress.TryParse(server.Host, out var address))
            return null;
        try
        {
            using var probe = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            probe.Bind(new IPEndPoint(address, 0));
            return address;
        }
        catch (SocketException)
        {
            // Another machine's.
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _certificate.Dispose();
    }

    private static X509Certificate2 Certificate(IPAddress address)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=model store", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(address);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
