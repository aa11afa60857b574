namespace EnterpriseAI.ModelServer.Protocol.Rest;

/// <summary>The paths of inference requests, read without a route table: it costs more than all else of a small request.</summary>
internal static class InferPath
{
    private const string Prefix = "/v2/models/", Suffix = "/infer", Versions = "/versions/";

    /// <param name="path">A request's path, decoded.</param>
    /// <param name="model">The model's name in it.</param>
    /// <param name="version">The version in it; null when there is none.</param>
    /// <returns>Whether it is the path of an inference request.</returns>
    public static bool TryParse(string path, out string model, out string? version)
    {
        (model, version) = ("", null);
        if (!path.StartsWith(Prefix, StringComparison.Ordinal) || !path.EndsWith(Suffix, StringComparison.Ordinal) || path.Length <= Prefix.Length + Suffix.Length)
            return false;
        var name = path.AsSpan(Prefix.Length..^Suffix.Length);
        var slash = name.IndexOf('/');
        if (slash >= 0)
        {
            var rest = name[slash..];
            if (!rest.StartsWith(Versions, StringComparison.Ordinal) || rest.Length == Versions.Length || rest[Versions.Length..].Contains('/'))
                return false;
            version = rest[Versions.Length..].ToString();
            name = name[..slash];
        }
        model = name.ToString();
        return model.Length > 0;
    }
}
