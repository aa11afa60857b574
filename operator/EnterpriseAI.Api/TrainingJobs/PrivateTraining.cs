using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>Federated training: clients keep their data and send model updates.</summary>
public sealed record FederatedTraining
{
    /// <summary>Number of rounds.</summary>
    [Required, Minimum(1), Maximum(100000)]
    public int Rounds { get; init; }

    /// <summary>Clients whose update a round needs.</summary>
    [Required, Minimum(1), Maximum(10000)]
    public int MinClients { get; init; }

    /// <summary>True when the server must see only the sum of the updates; needs at least 3 clients.</summary>
    [Default(false)]
    public bool SecureAggregation { get; init; }
}

/// <summary>Budget of differential privacy.</summary>
public sealed record PrivacyBudget
{
    /// <summary>Privacy loss epsilon, above 0.</summary>
    [Required, Minimum(0, Exclusive = true)]
    public double Epsilon { get; init; }

    /// <summary>Probability delta of exceeding epsilon, from 0 to below 1; usually less than one divided by the number of rows.</summary>
    [Required, Minimum(0), Maximum(1, Exclusive = true)]
    public double Delta { get; init; }

    /// <summary>Largest norm of one example's gradient, above 0.</summary>
    [Default(1.0), Minimum(0, Exclusive = true)]
    public double Clip { get; set; } = 1.0;
}
