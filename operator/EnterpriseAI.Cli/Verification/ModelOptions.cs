using System.CommandLine;
using System.CommandLine.Parsing;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Cli.Verification;

/// <summary>How a model is signed.</summary>
internal enum SigningMethod
{
    Key,
    Certificate,
    Sigstore,
}

/// <summary>What <c>verify-model</c> and <c>sign-model</c> have in common.</summary>
internal sealed class ModelOptions
{
    private readonly Option<SigningMethod> _method = new("--method")
    {
        Description = "How the model is signed: key, certificate or sigstore.",
        HelpName = "METHOD",
        Required = true,
        CustomParser = static result => result.Tokens[0].Value switch
        {
            "key" => SigningMethod.Key,
            "certificate" => SigningMethod.Certificate,
            "sigstore" => SigningMethod.Sigstore,
            var other => Refuse(result, other),
        },
    };

    private readonly Option<string> _path = new("--model-path") { Description = "The model: a file or a folder.", HelpName = "PATH", Required = true };
    private readonly Option<string[]> _chain;

    private readonly Option<string[]> _ignored = new("--ignore-paths")
    {
        Description = "A file or folder of the model to leave out: absolute, or relative to the model. May be given several times.",
        HelpName = "PATH",
    };

    public ModelOptions(string chainDescription) =>
        _chain = new Option<string[]>("--cert-chain") { Description = chainDescription, HelpName = "FILE" };

    /// <summary>What users name is theirs: bounds are for volumes that others fill.</summary>
    public static ArtifactLimits Limits { get; } = new() { MaxFileBytes = long.MaxValue, MaxTotalBytes = long.MaxValue, MaxFiles = 1_000_000 };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _method, _path, _chain, _ignored })
            command.Add(option);
    }

    public SigningMethod Method(ParseResult parsed) => parsed.GetValue(_method);

    public string Model(ParseResult parsed) => parsed.GetValue(_path)!;

    public string[] Chain(ParseResult parsed) => parsed.GetValue(_chain) is { Length: > 0 } chain ? chain : throw Missing("--cert-chain", SigningMethod.Certificate);

    /// <summary>The paths to leave out, relative to the model; those elsewhere leave out nothing.</summary>
    public string[] Ignored(ParseResult parsed)
    {
        var model = Path.GetFullPath(Model(parsed));
        return [.. (parsed.GetValue(_ignored) ?? [])
            .Select(path => Path.GetRelativePath(model, Path.GetFullPath(path, model)).Replace(Path.DirectorySeparatorChar, '/'))
            .Where(static path => path != "." && path != ".." && !path.StartsWith("../", StringComparison.Ordinal))];
    }

    public static T Required<T>(T? value, string option, SigningMethod method) where T : class => value ?? throw Missing(option, method);

    private static ArgumentException Missing(string option, SigningMethod method) => new($"{option} is missing, which --method {method.ToString().ToLowerInvariant()} needs");

    private static SigningMethod Refuse(ArgumentResult result, string text)
    {
        result.AddError($"--method '{text}' is not valid: give key, certificate or sigstore");
        return default;
    }
}
