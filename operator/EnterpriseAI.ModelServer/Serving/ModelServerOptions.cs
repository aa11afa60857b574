using EnterpriseAI.ModelServer.Onnx;
using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.ModelServer.Serving;

/// <summary>Which model to load, and what must hold for it.</summary>
internal sealed record ModelOptions
{
    /// <summary>A model file, or a folder with <c>model.onnx</c>.</summary>
    public required string Model { get; init; }

    public ModelDigest? ExpectedDigest { get; init; }

    /// <summary>A PEM file. When it is given, the model must be signed by this key.</summary>
    public string? PublicKeyFile { get; init; }

    public bool RequireSignature { get; init; }

    /// <summary>The Sigstore identity that must have signed the model; needs <see cref="TrustedRootFile"/>.</summary>
    public CertificateIdentity? Identity { get; init; }

    /// <summary>The <c>trusted_root.json</c> of the Sigstore instance that vouches for <see cref="Identity"/>.</summary>
    public string? TrustedRootFile { get; init; }

    /// <summary>A file that exists once the model is revoked: then it is not loaded. Its text says why.</summary>
    public string? RevokedFile { get; init; }

    /// <summary>Bounds on what the model's file may declare.</summary>
    public OnnxLimits Limits { get; init; } = OnnxLimits.Default;

    /// <summary>How ONNX Runtime runs it.</summary>
    public SessionSettings Session { get; init; } = new();
}

/// <summary>How one model server runs.</summary>
internal sealed record ModelServerOptions
{
    /// <summary>The model, or what must hold for each model of a repository.</summary>
    public required ModelOptions Model { get; init; }

    /// <summary>Whether the model's path is a folder of models instead: <c>FOLDER/model/version/model.onnx</c>.</summary>
    public bool IsRepository { get; init; }

    /// <summary>The name in the paths of the protocol; of no meaning for a repository.</summary>
    public required string ModelName { get; init; }

    /// <summary>The version in the paths of the protocol; none if null.</summary>
    public string? ModelVersion { get; init; }

    public required ListenAddress Http { get; init; }

    /// <summary>Where gRPC is listened for; nowhere if null.</summary>
    public ListenAddress? Grpc { get; init; }

    /// <summary>Largest request body, and largest gRPC message, in bytes.</summary>
    public long MaxRequestBytes { get; init; } = 64 << 20;

    /// <summary>Requests that may wait for the model; any further is answered 429.</summary>
    public int MaxPendingRequests { get; init; } = 1024;

    /// <summary>How long a request may wait for the model and run before it is answered 504; zero for as long as it takes.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How many runs of the model may be going on at once; 0 for two more than there are processors for their threads, or as many where requests are put together or a device runs them.</summary>
    public int Instances { get; init; }

    /// <summary>Rows of the largest batch that requests are put together to; 0 or 1 to run each alone.</summary>
    public int MaxBatchSize { get; init; }

    /// <summary>How long a request waits for others to share its batch.</summary>
    public TimeSpan MaxBatchDelay { get; init; }

    /// <summary>Elements that one tensor of a request may have.</summary>
    public long MaxTensorElements { get; init; } = 64 << 20;

    /// <summary>Whether requests may load and unload models.</summary>
    public bool ModelControl { get; init; } = true;

    /// <summary>The share of requests that the access log has, from 0 to 1.</summary>
    public double AccessLogSampleRate { get; init; }

    /// <summary>Where a sample of requests and responses goes, as CloudEvents; none is taken if null.</summary>
    public Uri? PayloadSink { get; init; }

    /// <summary>The share of requests that goes to <see cref="PayloadSink"/>, from 0 to 1.</summary>
    public double PayloadSampleRate { get; init; } = 0.01;

    /// <summary>How long requests are still taken after SIGTERM, while /readyz already says no.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.Zero;

    /// <summary>Where the reason is written when the model is refused; <see cref="TerminationLog.DefaultPath"/> if null.</summary>
    public string? TerminationLog { get; init; }
}
