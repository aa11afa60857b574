using System.Buffers;
using System.Globalization;
using EnterpriseAI.ModelServer.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace EnterpriseAI.Benchmarks.ModelServer;

/// <summary>
/// Reads requests and answers each with the same bytes, on the model server's HTTP library with its settings and without a model, metrics
/// or logs: what the model server would make of small requests if all that is its own took no time.
/// </summary>
internal static class BareServer
{
    public const string Command = "bare-server";

    public static async Task RunAsync(string port, string answerBytes)
    {
        EventThread.Enable();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseSockets(EventThread.Use);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.ListenLocalhost(int.Parse(port, CultureInfo.InvariantCulture));
        });
        var app = builder.Build();
        var answer = new byte[int.Parse(answerBytes, CultureInfo.InvariantCulture)];
        app.Run(async context =>
        {
            var body = context.Request.BodyReader;
            while (await body.ReadAsync() is var read)
            {
                body.AdvanceTo(read.IsCompleted ? read.Buffer.End : read.Buffer.Start, read.Buffer.End);
                if (read.IsCompleted)
                    break;
            }
            context.Response.ContentType = "application/octet-stream";
            context.Response.ContentLength = answer.Length;
            context.Response.BodyWriter.Write(answer);
        });
        await app.RunAsync();
    }
}
