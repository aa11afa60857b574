using Spectre.Console;

namespace EnterpriseAI.Cli;

/// <summary>Pieces of tables and trees. Their text is text: no markup, no control characters.</summary>
internal static class Cell
{
    private const int Gap = 3;

    public static Text Of(string? text, Style? style = null) => new(PlainText.Line(text), style);

    /// <summary>As <see cref="Of"/>, folded at a width that leaves room for its neighbours.</summary>
    public static Text Wrapped(string? text, int width, Style? style = null) => new(PlainText.Wrap(text, width), style);

    /// <summary>A table as kubectl prints one: no lines, columns three spaces apart.</summary>
    public static Table Table(params IEnumerable<string> headings)
    {
        var table = new Table().Border(TableBorder.None);
        foreach (var heading in headings)
            table.AddColumn(new TableColumn(Of(heading)).NoWrap().Padding(0, 0, Gap, 0));
        return table;
    }
}
