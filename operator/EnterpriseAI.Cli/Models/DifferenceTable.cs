using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using Spectre.Console;

namespace EnterpriseAI.Cli.Models;

/// <summary>Differences of two model versions side by side.</summary>
internal static class DifferenceTable
{
    // Both sides and the names fit beside each other on a wide terminal.
    private const int SideWidth = 48;

    public static Table Of(ModelVersion a, ModelVersion b, IReadOnlyList<Difference> differences)
    {
        var table = Cell.Table("", "", a.Name, b.Name, "");
        Text[] nothing = [Cell.Of(""), Cell.Of(""), Cell.Of(""), Cell.Of("")];
        foreach (var group in differences.GroupBy(d => d.Group))
        {
            table.AddRow([Cell.Of(group.Key, new Style(decoration: Decoration.Bold)), .. nothing]);
            foreach (var difference in group)
            {
                table.AddRow(
                    Cell.Of(""),
                    Cell.Of(difference.Field),
                    Cell.Wrapped(difference.Left ?? "-", SideWidth, difference.Left is null ? null : new Style(Color.Red)),
                    Cell.Wrapped(difference.Right ?? "-", SideWidth, difference.Right is null ? null : new Style(Color.Green)),
                    Cell.Of(difference.Note));
            }
        }
        return table;
    }
}
