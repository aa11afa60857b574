namespace EnterpriseAI.Agent.Training;

/// <summary>A fault built into the exported model on purpose, so that a canary has something real to catch.</summary>
internal enum ModelDefect
{
    None,

    /// <summary>A lookup table in the graph is too small: about a third of real inputs fail at run time.</summary>
    IndexOutOfRange,

    /// <summary>Useless multiplications of large matrices make every inference slow.</summary>
    Slow,
}

/// <summary>What <c>agent train</c> was asked to do.</summary>
internal sealed record TrainOptions
{
    public required string Data { get; init; }

    public required string Label { get; init; }

    public required string Output { get; init; }

    /// <summary>Names of columns, or <c>auto</c> alone for every usable one.</summary>
    public IReadOnlyList<string> Features { get; init; } = ["auto"];

    public int Epochs { get; init; } = 60;

    public double LearningRate { get; init; } = 0.05;

    /// <summary>Width of the hidden layer; 0 for none.</summary>
    public int Hidden { get; init; } = 16;

    public int BatchSize { get; init; } = 16;

    /// <summary>Steps between two averagings; 0 for one at the end of each epoch.</summary>
    public int SyncEvery { get; init; }

    public int Seed { get; init; } = 42;

    /// <summary>Share of the rows, per class, that is kept for evaluation.</summary>
    public double Holdout { get; init; } = 0.25;

    public bool ShuffleLabels { get; init; }

    public ModelDefect Defect { get; init; }

    public required string DatasetName { get; init; }
}
