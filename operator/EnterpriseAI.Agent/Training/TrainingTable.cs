namespace EnterpriseAI.Agent.Training;

/// <summary>One column of the data as read.</summary>
internal abstract record TableColumn(string Name);

/// <summary>Numbers; a missing one is NaN.</summary>
internal sealed record NumericColumn(string Name, double[] Values) : TableColumn(Name);

/// <summary>Words; a missing one is null.</summary>
internal sealed record TextColumn(string Name, string?[] Values) : TableColumn(Name);

/// <summary>The data as read: columns of one length, in the order of the file.</summary>
internal sealed record TrainingTable(string Path, IReadOnlyList<TableColumn> Columns, int RowCount)
{
    /// <exception cref="AgentFailure">No such column; the message names those that there are.</exception>
    public TableColumn Column(string name, string argument)
        => Columns.FirstOrDefault(column => column.Name == name)
           ?? throw AgentFailure.BadInput(
               "UnknownColumn",
               $"{argument}: {Path} has no column '{name}'; it has {string.Join(", ", Columns.Select(column => $"'{column.Name}'"))}");
}
