using EnterpriseAI.Agent.Training;

namespace EnterpriseAI.Agent.Tests.Training;

public sealed class TableReaderTests
{
    [Test]
    public async Task Csv_and_json_of_the_same_rows_give_the_same_table()
    {
        using var workspace = new Workspace();
        var csv = workspace.Write("rows.csv", "size,name\n1,x\n,y\n3,\n");
        var json = workspace.Write("rows.json", """[{"size":1,"name":"x"},{"size":null,"name":"y"},{"size":3,"name":null}]""");

        foreach (var path in (string[])[csv, json])
        {
            var table = await TableReader.ReadAsync(path, CancellationToken.None);

            Assert.That(table.RowCount, Is.EqualTo(3));
            Assert.That(((NumericColumn)table.Columns[0]).Values, Is.EqualTo((double[])[1, double.NaN, 3]));
            Assert.That(((TextColumn)table.Columns[1]).Values, Is.EqualTo((string?[])["x", "y", null]));
        }
    }
}
