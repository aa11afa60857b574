using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Inference;

/// <summary>Decides, when a model is loaded, whether its requests run together, and says so where they do not though they should.</summary>
internal static partial class BatchDecision
{
    public static SchedulingOptions Decide(string model, OrtSession session, SchedulingOptions options, ILogger logger)
    {
        if (options.MaxBatchSize <= 1 || RefusalOf(model, session, logger) is not { } refusal)
            return options;
        LogOneByOne(logger, model, refusal);
        return options with { MaxBatchSize = 0, MaxBatchDelay = TimeSpan.Zero };
    }

    private static string? RefusalOf(string model, OrtSession session, ILogger logger)
    {
        if (BatchAxis.RefusalOf(session.Inputs, session.Outputs) is { } refusal)
            return refusal;
        try
        {
            return BatchProbe.DifferenceOf(session);
        }
        catch (OnnxRuntimeException e) when (BatchAxis.IsOneName(session.Inputs, session.Outputs))
        {
            // Some models rightly refuse made-up inputs. This one says itself what its first dimension is.
            LogNotTried(logger, model, e.Message);
            return null;
        }
        catch (OnnxRuntimeException e)
        {
            return $"its first dimensions have no common name, and whether they are one could not be tried: {e.Message}";
        }
    }

    [LoggerMessage(LogLevel.Warning, "requests of model {Model} run one by one: {Reason}")]
    private static partial void LogOneByOne(ILogger logger, string model, string reason);

    [LoggerMessage(LogLevel.Warning, "requests of model {Model} run together by what it declares; whether that changes answers could not be tried: {Error}")]
    private static partial void LogNotTried(ILogger logger, string model, string error);
}
