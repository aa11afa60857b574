using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace EnterpriseAI.Api.Schema;

/// <summary>The doc comments of an assembly, read from the XML file beside it.</summary>
internal sealed partial class XmlDocumentation
{
    private readonly Dictionary<string, string> _summaries;

    private XmlDocumentation(Dictionary<string, string> summaries) => _summaries = summaries;

    /// <exception cref="FileNotFoundException">The XML file does not lie beside the assembly.</exception>
    public static XmlDocumentation Of(Assembly assembly)
    {
        var path = Path.Combine(AppContext.BaseDirectory, assembly.GetName().Name + ".xml");
        if (!File.Exists(path))
            throw new FileNotFoundException($"the doc comments '{path}' are missing: build with GenerateDocumentationFile", path);
        var summaries = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var member in XDocument.Load(path).Descendants("member"))
        {
            if (member.Attribute("name")?.Value is { } name && member.Element("summary") is { } summary)
                summaries[name] = Text(summary);
        }

        return new XmlDocumentation(summaries);
    }

    /// <summary>The summary of a type, or null.</summary>
    public string? Of(Type type) => _summaries.GetValueOrDefault($"T:{type.FullName}");

    /// <summary>The summary of a property or an enum member, or null.</summary>
    public string? Of(MemberInfo member) =>
        _summaries.GetValueOrDefault($"{(member is PropertyInfo ? 'P' : 'F')}:{member.DeclaringType!.FullName}.{member.Name}");

    private static string Text(XElement summary) => Blank().Replace(string.Concat(summary.Nodes().Select(Plain)), " ").Trim();

    private static string Plain(XNode node) => node switch
    {
        XText text => text.Value,
        XElement element when element.Attribute("cref")?.Value is { } reference => reference[(reference.LastIndexOf('.') + 1)..],
        XElement element => string.Concat(element.Nodes().Select(Plain)),
        _ => "",
    };

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blank();
}
