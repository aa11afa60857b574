using System.Globalization;
using System.Text.RegularExpressions;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Api;

/// <summary>Collects the errors of one object.</summary>
internal sealed partial class FieldChecks
{
    private readonly List<FieldError> _errors = [];

    public IReadOnlyList<FieldError> Errors => _errors;

    public void Add(string path, string message) => _errors.Add(new FieldError(path, message));

    public void Unless(bool allowed, string path, string message)
    {
        if (!allowed)
            Add(path, message);
    }

    /// <summary>Names of objects become label values, which hold 63 characters.</summary>
    public void Name(IKubernetesObject obj) => Unless(
        (obj.Metadata.Name?.Length ?? 0) <= 63, "metadata.name", $"has {obj.Metadata.Name?.Length} characters; at most 63 are allowed");

    public void Required(string path, string? value) => Unless(!string.IsNullOrWhiteSpace(value), path, "must not be empty");

    public void Range(string path, double? value, double minimum, double maximum, bool exclusive = false)
    {
        if (value is not { } number)
            return;
        var inside = exclusive ? number > minimum && number < maximum : number >= minimum && number <= maximum;
        var (low, high) = (Text(minimum), Text(maximum));
        var allowed = (exclusive, double.IsPositiveInfinity(maximum)) switch
        {
            (true, true) => $"must be above {low}",
            (true, false) => $"must be above {low} and below {high}",
            (false, true) => $"must be at least {low}",
            (false, false) => $"must be from {low} to {high}",
        };
        Unless(inside, path, $"is {Text(number)}; {allowed}");
    }

    public void Order(string path, double? minimum, double? maximum) => Unless(
        minimum is null || maximum is null || minimum <= maximum, path, $"minimum {Text(minimum)} must not exceed maximum {Text(maximum)}");

    /// <summary>A duration above 0; with <paramref name="zero"/> also 0.</summary>
    public void Duration(string path, Duration? value, bool zero = false)
    {
        if (value is not { } duration)
            return;
        if (!Api.Duration.TryParse(duration.Text, out _, out var error))
            Add(path, error);
        else if (!zero && duration.ToTimeSpan() <= TimeSpan.Zero)
            Add(path, $"is {duration}; a time above 0 is needed");
    }

    public void Unique(string path, string what, IEnumerable<string> values)
    {
        foreach (var group in values.GroupBy(v => v, StringComparer.Ordinal).Where(g => g.Count() > 1))
            Add(path, $"{what} '{group.Key}' occurs {group.Count()} times; once is allowed");
    }

    public void ExactlyOne(string path, params (string Field, bool Set)[] fields)
    {
        var set = fields.Where(f => f.Set).Select(f => f.Field).ToArray();
        if (set.Length == 1)
            return;
        var all = string.Join(", ", fields.Select(f => f.Field));
        Add(path, set.Length == 0 ? $"set exactly one of {all}; none is set" : $"set exactly one of {all}; {string.Join(" and ", set)} are set");
    }

    public void Digest(string path, string? value) => Unless(
        value is null || DigestForm().IsMatch(value), path, $"'{value}' is not a digest: use sha256: and 64 lower-case hexadecimal digits");

    public void Version(string path, string value) => Unless(
        VersionForm().IsMatch(value), path,
        $"'{value}' is not a version: use three numbers as in 1.0.0, with an optional lower-case suffix as in 1.0.0-rc.1");

    public void Label(string path, string? value) => Unless(
        value is null || LabelForm().IsMatch(value), path,
        $"'{value}' is not allowed: use at most 63 lower-case letters, digits and '-', beginning and ending with a letter or digit");

    public void ObjectName(string path, string? value) => Unless(
        value is null || (value.Length <= 253 && ObjectNameForm().IsMatch(value)), path,
        $"'{value}' is not the name of an object: use at most 253 lower-case letters, digits, '-' and '.', beginning and ending with a letter or digit");

    public void RelativePath(string path, string value) => Unless(
        value.Length > 0 && value[0] != '/' && !value.Split('/').Contains(".."), path, $"'{value}' is not allowed: use a relative path without '..'");

    public void MountPath(string path, string value) => Unless(
        value.Length > 1 && value[0] == '/' && !value.Contains(':', StringComparison.Ordinal) && !value.Split('/').Contains(".."), path,
        $"'{value}' is not allowed: use an absolute path below / without ':' and '..'");

    public void Url(string path, string? value, bool httpsOnly = false) => Unless(
        value is null || (Uri.TryCreate(value, UriKind.Absolute, out var uri)
            && (uri.Scheme == Uri.UriSchemeHttps || (!httpsOnly && uri.Scheme == Uri.UriSchemeHttp)) && uri.UserInfo.Length == 0),
        path, $"'{value}' is not allowed: use an absolute {(httpsOnly ? "https://" : "http:// or https://")} address without a password");

    public void Resources(string path, V1ResourceRequirements? resources)
    {
        (string Field, IReadOnlyDictionary<string, string>? Amounts)[] lists = [("requests", resources?.Requests), ("limits", resources?.Limits)];
        foreach (var (field, amounts) in lists)
        {
            foreach (var (resource, amount) in amounts ?? new Dictionary<string, string>())
            {
                Unless(
                    Quantity.TryParse(amount, out var value) && value >= 0, $"{path}.{field}['{resource}']",
                    $"'{amount}' is not a quantity: use a number with an optional suffix, such as 500m, 2 or 4Gi");
            }
        }
    }

    public void Expression(string path, string? pattern)
    {
        if (pattern is null)
            return;
        try
        {
            _ = new Regex(pattern, RegexOptions.NonBacktracking);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            Add(path, $"'{pattern}' is not a regular expression of RE2: {e.Message}");
        }
    }

    private static string Text(double? value) => (value ?? double.NaN).ToString("R", CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\Asha256:[0-9a-f]{64}\z")]
    private static partial Regex DigestForm();

    [GeneratedRegex(@"\A(?:0|[1-9][0-9]{0,8})(?:\.(?:0|[1-9][0-9]{0,8})){2}(?:-[0-9a-z]+(?:[.-][0-9a-z]+)*)?\z")]
    private static partial Regex VersionForm();

    [GeneratedRegex(@"\A[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?\z")]
    private static partial Regex LabelForm();

    [GeneratedRegex(@"\A[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex ObjectNameForm();
}
