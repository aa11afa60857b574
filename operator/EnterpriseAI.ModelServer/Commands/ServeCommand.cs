using System.CommandLine;
using System.Globalization;
using EnterpriseAI.ModelServer.Inference;
using EnterpriseAI.ModelServer.Protocol.Grpc;
using EnterpriseAI.ModelServer.Serving;

namespace EnterpriseAI.ModelServer.Commands;

/// <summary><c>model-server --model …</c> or <c>--model-repository …</c>: serves models until it is told to stop.</summary>
internal static class ServeCommand
{
    private const string NoGrpc = "none";

    public static void AddTo(RootCommand command)
    {
        var model = new ModelArguments();
        var repository = new Option<string?>("--model-repository") { Description = "Instead of --model: a folder of models, each with a folder for each version: MODEL/VERSION/model.onnx", HelpName = "FOLDER" };
        var name = PathSegment("--model-name", "The model's name in request paths; default: the name of the file or folder", "NAME");
        var version = PathSegment("--model-version", "The model's version in request paths", "VERSION");
        var http = new Option<ListenAddress>("--http")
        {
            Description = $"Where to listen: {ListenAddress.Allowed}",
            HelpName = "ADDRESS",
            DefaultValueFactory = static _ => new ListenAddress(null, 8080),
            CustomParser = static result => ListenAddress.Parse(result.Tokens[0].Value) ?? ModelArguments.Refuse<ListenAddress>(result, ListenAddress.Allowed)!,
        };
        const string grpcAllowed = $"{ListenAddress.Allowed}, or {NoGrpc}";
        // A text, because a parser that gives null is one that failed.
        var grpc = new Option<string>("--grpc")
        {
            Description = $"Where to listen for gRPC: {grpcAllowed} for not at all",
            HelpName = "ADDRESS",
            DefaultValueFactory = static _ => GrpcServer.DefaultPort.ToString(CultureInfo.InvariantCulture),
            CustomParser = static result => result.Tokens[0].Value is var text && (text == NoGrpc || ListenAddress.Parse(text) is not null)
                ? text
                : ModelArguments.Refuse<string>(result, grpcAllowed),
        };
        var maxBytes = ModelArguments.WholeNumber("--max-request-bytes", "Largest request body, and largest gRPC message", "BYTES", 64 << 20, 1, int.MaxValue);
        var maxPending = ModelArguments.WholeNumber("--max-pending-requests", "Requests that may wait for the model before others are answered 429", "N", 1024, 0, 1_000_000);
        var maxElements = ModelArguments.WholeNumber("--max-tensor-elements", "Elements that one tensor of a request may have", "N", 64 << 20, 1, int.MaxValue);
        var control = new Option<string>("--model-control") { Description = "Explicit: requests may load and unload models. None: they may not", HelpName = "MODE", DefaultValueFactory = static _ => "Explicit" };
        control.AcceptOnlyFromAmong("Explicit", "None");
        var accessLog = ModelArguments.Share("--access-log-sample-rate", "Share of the requests that are logged, from 0 to 1; above 0 those that failed by the server's fault always are", 0);
        var sink = new Option<Uri?>("--payload-sink")
        {
            Description = "Where a sample of requests and responses is sent, as CloudEvents over HTTP",
            HelpName = "URL",
            CustomParser = static result => Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
                ? uri
                : ModelArguments.Refuse<Uri>(result, "an absolute http or https URL"),
        };
        var sinkRate = ModelArguments.Share("--payload-sample-rate", "Share of the requests that go to --payload-sink, from 0 to 1", 0.01);
        var timeout = ModelArguments.WholeNumber("--request-timeout-seconds", "How long a request may wait for the model and run before it is answered 504; 0 for as long as it takes", "N", 60, 0, 86_400);
        var instances = ModelArguments.WholeNumber("--instances", "Runs of the model that may be going on at once; 0 for two more than there are processors for their threads (as many with batches or on a device), and twice the processors while a run takes less than a millisecond", "N", 0, 0, ModelConfig.MostInstances);
        var batchSize = ModelArguments.WholeNumber("--max-batch-size", "Largest batch that requests are put together to, where the model allows it; 0 or 1 to run each alone", "N", 0, 0, ModelConfig.LargestBatch);
        var batchDelay = ModelArguments.WholeNumber("--max-batch-delay-us", "How long a request waits for others to share its batch, in microseconds", "N", 0, 0, ModelConfig.LongestDelayUs);
        var drain = ModelArguments.WholeNumber("--drain-seconds", "How long requests are still taken after SIGTERM, while /readyz already says no", "N", 0, 0, 3600);
        var logLevel = new Option<LogLevel>("--log-level")
        {
            Description = "Lowest level that is logged: Trace, Debug, Information, Warning, Error, Critical or None",
            HelpName = "LEVEL",
            DefaultValueFactory = static _ => LogLevel.Information,
            CustomParser = static result => Enum.GetNames<LogLevel>().Contains(result.Tokens[0].Value)
                ? Enum.Parse<LogLevel>(result.Tokens[0].Value)
                : ModelArguments.Refuse<LogLevel>(result, string.Join(", ", Enum.GetNames<LogLevel>())),
        };
        foreach (var option in model.All.Concat([repository, name, version, http, grpc, maxBytes, maxElements, maxPending, timeout, instances, batchSize, batchDelay, control, accessLog, sink, sinkRate, drain, logLevel]))
            command.Options.Add(option);

        command.Validators.Add(result =>
        {
            var isRepository = result.GetResult(repository) is not null;
            if (isRepository == result.GetResult(model.Model) is not null)
                result.AddError("give either --model or --model-repository");
            foreach (var option in new Option[] { name, version, model.Digest })
            {
                // Each model of a repository has its own.
                if (isRepository && result.GetResult(option) is not null)
                    result.AddError($"{option.Name} goes with --model, not with --model-repository");
            }
        });
        command.SetAction((arguments, cancellationToken) =>
        {
            var folder = arguments.GetValue(repository);
            var options = model.Read(arguments, folder ?? arguments.GetRequiredValue(model.Model)!);
            return RunAsync(new ModelServerOptions
            {
                Model = options,
                IsRepository = folder is not null,
                ModelName = arguments.GetValue(name) ?? NameOf(options.Model),
                ModelVersion = arguments.GetValue(version),
                Http = arguments.GetValue(http)!,
                Grpc = arguments.GetValue(grpc) is { } text && text != NoGrpc ? ListenAddress.Parse(text) : null,
                MaxRequestBytes = arguments.GetValue(maxBytes),
                MaxTensorElements = arguments.GetValue(maxElements),
                ModelControl = arguments.GetValue(control) == "Explicit",
                AccessLogSampleRate = arguments.GetValue(accessLog),
                PayloadSink = arguments.GetValue(sink),
                PayloadSampleRate = arguments.GetValue(sinkRate),
                MaxPendingRequests = arguments.GetValue(maxPending),
                RequestTimeout = TimeSpan.FromSeconds(arguments.GetValue(timeout)),
                Instances = arguments.GetValue(instances),
                MaxBatchSize = arguments.GetValue(batchSize),
                MaxBatchDelay = TimeSpan.FromMicroseconds(arguments.GetValue(batchDelay)),
                Drain = TimeSpan.FromSeconds(arguments.GetValue(drain)),
                TerminationLog = arguments.GetValue(model.TerminationLog),
            }, arguments.GetValue(logLevel), cancellationToken);
        });
    }

    private static Option<string?> PathSegment(string name, string description, string helpName) => new(name)
    {
        Description = description,
        HelpName = helpName,
        CustomParser = static result => result.Tokens[0].Value is { Length: > 0 and <= 253 } value && !value.Any(static letter => letter is '/' or '\\' || char.IsControl(letter))
            ? value
            : ModelArguments.Refuse<string?>(result, "up to 253 characters without '/' and '\\'"),
    };

    private static string NameOf(string path)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        return Directory.Exists(full) ? Path.GetFileName(full) : Path.GetFileNameWithoutExtension(full);
    }

    private static async Task<int> RunAsync(ModelServerOptions options, LogLevel logLevel, CancellationToken cancellationToken)
    {
        ModelRefusedException? refusal;
        await using (var app = ModelServerApp.Build(options, logLevel.ToString()))
        {
            try
            {
                // The host disposes its services when it ends.
                var loading = app.Services.GetRequiredService<ModelLoading>();
                await app.RunAsync(cancellationToken).ConfigureAwait(false);
                refusal = loading.Refusal;
            }
            catch (OperationCanceledException)
            {
                // Told to stop before it had begun to listen.
                return 0;
            }
            catch (IOException e)
            {
                refusal = new ModelRefusedException("AddressUnavailable", $"cannot listen on --http {options.Http} and --grpc {options.Grpc?.ToString() ?? NoGrpc}: {e.Message}", mayPass: true, e);
            }
        }
        return refusal is null ? 0 : await Failure.ReportAsync(refusal, options.TerminationLog, cancellationToken).ConfigureAwait(false);
    }
}
