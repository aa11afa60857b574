using System.Text.Json.Serialization;
using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>Search for hyperparameters: the job runs once per trial, the best trial becomes the output.</summary>
public sealed record HyperparameterSearch
{
    /// <summary>How the next trial is chosen.</summary>
    [Default(SearchAlgorithm.Random)]
    public SearchAlgorithm Algorithm { get; set; } = SearchAlgorithm.Random;

    /// <summary>What is varied. Each becomes an environment variable of the pods.</summary>
    [Required, ListMapKey("name"), MinItems(1), MaxItems(64)]
    public IReadOnlyList<SearchParameter> Parameters { get; init => field = value ?? []; } = [];

    /// <summary>What is optimised.</summary>
    [Required]
    public SearchObjective Objective { get; init => field = value ?? new(); } = new();

    /// <summary>Number of trials.</summary>
    [Default(20), Minimum(1), Maximum(10000)]
    public int MaxTrials { get; set; } = 20;

    /// <summary>Trials that run at once.</summary>
    [Default(1), Minimum(1), Maximum(1000)]
    public int ParallelTrials { get; set; } = 1;
}

/// <summary>How the next trial is chosen.</summary>
[JsonConverter(typeof(EnumNameConverter<SearchAlgorithm>))]
public enum SearchAlgorithm
{
    /// <summary>Independent draws.</summary>
    Random,

    /// <summary>Every combination of the listed values.</summary>
    Grid,

    /// <summary>Tree-structured Parzen estimator.</summary>
    Tpe,

    /// <summary>Random draws with early stopping in brackets.</summary>
    Hyperband,
}

/// <summary>A hyperparameter: a range of numbers, or a list of values.</summary>
[CelRule("(has(self.values) && size(self.values) > 0) != (has(self.minimum) && has(self.maximum))", "set either values, or minimum and maximum")]
[CelRule("!has(self.minimum) || !has(self.maximum) || self.minimum < self.maximum", "minimum must be below maximum")]
public sealed record SearchParameter
{
    /// <summary>Name of the environment variable.</summary>
    [Required, Pattern("^[A-Za-z_][A-Za-z0-9_]*$"), MaxLength(63)]
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Smallest value of a range.</summary>
    public double? Minimum { get; init; }

    /// <summary>Largest value of a range.</summary>
    public double? Maximum { get; init; }

    /// <summary>True when only whole numbers of the range are tried.</summary>
    [Default(false)]
    public bool Integer { get; init; }

    /// <summary>True when the logarithm is drawn evenly; the range must then be above 0.</summary>
    [Default(false)]
    public bool LogScale { get; init; }

    /// <summary>The values that are tried.</summary>
    [MaxItems(1000), MaxLength(1024)]
    public IReadOnlyList<string> Values { get; init => field = value ?? []; } = [];
}

/// <summary>What is optimised.</summary>
public sealed record SearchObjective
{
    /// <summary>Name of the metric, as reported by the trial.</summary>
    [Required, MinLength(1), MaxLength(253)]
    public string Metric { get; init => field = value ?? ""; } = "";

    /// <summary>Which direction is better.</summary>
    [Default(SearchGoal.Maximize)]
    public SearchGoal Goal { get; set; } = SearchGoal.Maximize;
}

/// <summary>Which direction of a metric is better.</summary>
[JsonConverter(typeof(EnumNameConverter<SearchGoal>))]
public enum SearchGoal
{
    /// <summary>More is better.</summary>
    Maximize,

    /// <summary>Less is better.</summary>
    Minimize,
}
