using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Serving;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.ModelServer.Commands;

/// <summary>The options that say which model to load and what must hold for it.</summary>
internal sealed class ModelArguments
{
    public Option<string?> Model { get; } = new("--model") { Description = "A model file, or a folder with model.onnx", HelpName = "FILE_OR_FOLDER" };

    public Option<ModelDigest?> Digest { get; } = new("--digest")
    {
        Description = "The digest the artifact must have",
        HelpName = "sha256:HEX",
        CustomParser = static result => ModelDigest.TryParse(result.Tokens[0].Value, out var digest)
            ? digest
            : Refuse<ModelDigest?>(result, "'sha256:' and 64 lower-case hexadecimal digits"),
    };

    private readonly Option<string?> _publicKey = new("--public-key") { Description = "PEM of the ECDSA key that must have signed the artifact", HelpName = "FILE" };
    private readonly Option<bool> _requireSignature = new("--require-signature") { Description = "Refuse an artifact that is not signed by --public-key or --certificate-identity" };
    private readonly Option<string?> _identity = new("--certificate-identity") { Description = "Instead of --public-key: the Sigstore identity that must have signed the artifact, with --certificate-oidc-issuer and --trusted-root", HelpName = "IDENTITY" };
    private readonly Option<string?> _issuer = new("--certificate-oidc-issuer") { Description = "The issuer that must vouch for the identity", HelpName = "URL" };
    private readonly Option<string?> _trustedRoot = new("--trusted-root") { Description = "The Sigstore instance's trusted_root.json", HelpName = "FILE" };
    private readonly Option<string?> _revokedFile = new("--revoked-file") { Description = "A file that exists once the artifact is revoked: then it is refused", HelpName = "FILE" };

    private readonly Option<ExecutionProvider> _provider = new("--execution-provider")
    {
        Description = "What runs the model: Auto, Cpu, Cuda or TensorRt",
        HelpName = "PROVIDER",
        DefaultValueFactory = static _ => ExecutionProvider.Auto,
        CustomParser = static result => Enum.GetNames<ExecutionProvider>().Contains(result.Tokens[0].Value)
            ? Enum.Parse<ExecutionProvider>(result.Tokens[0].Value)
            : Refuse<ExecutionProvider>(result, "Auto, Cpu, Cuda or TensorRt"),
    };

    private readonly Option<int> _intraOpThreads = WholeNumber("--intra-op-threads", "Threads that run one operator together; default: the processors that the container may use", "N", Environment.ProcessorCount, 1, 1024);
    private readonly Option<int> _interOpThreads = WholeNumber("--inter-op-threads", "Operators that run at once", "N", 1, 1, 1024);
    private readonly Option<bool> _allowSpinning = new("--allow-spinning") { Description = "Let idle threads wait for work without sleeping: answers sooner, takes the processor from others" };
    private readonly Option<bool> _noArena = new("--no-memory-arena") { Description = "Give memory back after each run instead of keeping it for the next; a model that needs less than 128 KiB does so anyway" };
    private readonly Option<bool> _noPattern = new("--no-memory-pattern") { Description = "Do not plan a run's memory by what an earlier run of the same shapes needed" };
    private readonly Option<int> _device = WholeNumber("--device-id", "The GPU, where there are several", "N", 0, 0, 1023);
    private readonly Option<long> _deviceMemory = new("--device-memory-limit-bytes")
    {
        Description = "Memory that the execution provider may take on its device; 0 for all",
        HelpName = "BYTES",
        CustomParser = static result => long.TryParse(result.Tokens[0].Value, out var bytes) && bytes >= 0 ? bytes : Refuse<long>(result, "a whole number, 0 or more"),
    };

    private readonly Option<KeyValuePair<string, string>[]> _providerOptions = new("--provider-option")
    {
        Description = "A further option of the execution provider, by ONNX Runtime's name; may be repeated",
        HelpName = "KEY=VALUE",
        CustomParser = static result => [.. result.Tokens.Select(token => token.Value.Split('=', 2) is [{ Length: > 0 } key, var value]
            ? new KeyValuePair<string, string>(key, value)
            : Refuse<KeyValuePair<string, string>>(result, "a key, '=' and a value", token.Value))],
    };

    public Option<string?> TerminationLog { get; } = new("--termination-log")
    {
        Description = $"Where a failure's reason is written for the kubelet; default {Serving.TerminationLog.DefaultPath} where that exists",
        HelpName = "FILE",
    };

    public IEnumerable<Option> All => [Model, Digest, _publicKey, _requireSignature, _identity, _issuer, _trustedRoot, _revokedFile, _provider, _intraOpThreads, _interOpThreads,
        _allowSpinning, _noArena, _noPattern, _device, _deviceMemory, _providerOptions, TerminationLog];

    public ModelArguments() => _identity.Validators.Add(result =>
    {
        if (result.GetValue(_identity) is null)
            return;
        if (string.IsNullOrEmpty(result.GetValue(_issuer)) || string.IsNullOrEmpty(result.GetValue(_trustedRoot)))
            result.AddError("--certificate-identity needs --certificate-oidc-issuer and --trusted-root");
        if (result.GetValue(_publicKey) is not null)
            result.AddError("give --public-key or --certificate-identity, not both");
    });

    /// <param name="arguments">What was given.</param>
    /// <param name="path">The model, or the folder of models.</param>
    public ModelOptions Read(ParseResult arguments, string path) => new()
    {
        Model = path,
        ExpectedDigest = arguments.GetValue(Digest),
        PublicKeyFile = arguments.GetValue(_publicKey),
        RequireSignature = arguments.GetValue(_requireSignature),
        Identity = arguments.GetValue(_identity) is { } identity ? new CertificateIdentity { SubjectAlternativeName = identity, Issuer = arguments.GetValue(_issuer) } : null,
        TrustedRootFile = arguments.GetValue(_trustedRoot),
        RevokedFile = arguments.GetValue(_revokedFile),
        Session = new SessionSettings
        {
            Provider = arguments.GetValue(_provider),
            IntraOpThreads = arguments.GetValue(_intraOpThreads),
            InterOpThreads = arguments.GetValue(_interOpThreads),
            AllowSpinning = arguments.GetValue(_allowSpinning),
            MemoryArena = !arguments.GetValue(_noArena),
            MemoryPattern = !arguments.GetValue(_noPattern),
            DeviceId = arguments.GetValue(_device),
            DeviceMemoryLimit = arguments.GetValue(_deviceMemory),
            ProviderOptions = arguments.GetValue(_providerOptions) ?? [],
        },
    };

    public static Option<int> WholeNumber(string name, string description, string helpName, int value, int minimum, int maximum) => new(name)
    {
        Description = description,
        HelpName = helpName,
        DefaultValueFactory = _ => value,
        CustomParser = result => int.TryParse(result.Tokens[0].Value, out var number) && number >= minimum && number <= maximum
            ? number
            : Refuse<int>(result, $"a whole number from {minimum} to {maximum}"),
    };

    public static Option<double> Share(string name, string description, double value) => new(name)
    {
        Description = description,
        HelpName = "SHARE",
        DefaultValueFactory = _ => value,
        CustomParser = static result => double.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number is >= 0 and <= 1
            ? number
            : Refuse<double>(result, "a number from 0 to 1"),
    };

    public static T? Refuse<T>(ArgumentResult result, string allowed, string? value = null)
    {
        result.AddError($"{((OptionResult)result.Parent!).Option.Name} '{value ?? result.Tokens[0].Value}' is not valid: give {allowed}");
        return default;
    }
}
