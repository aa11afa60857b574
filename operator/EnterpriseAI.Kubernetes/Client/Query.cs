using System.Globalization;
using System.Text;

namespace EnterpriseAI.Kubernetes;

/// <summary>A path and its query parameters; null values are left out.</summary>
internal sealed class Query(string path)
{
    readonly StringBuilder _text = new(path);
    bool _any;

    public Query Add(string name, string? value)
    {
        if (value is null)
            return this;
        _text.Append(_any ? '&' : '?').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        _any = true;
        return this;
    }

    public Query Add(string name, long? value) => Add(name, value?.ToString(CultureInfo.InvariantCulture));

    public override string ToString() => _text.ToString();
}
