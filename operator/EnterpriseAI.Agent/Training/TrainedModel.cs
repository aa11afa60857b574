namespace EnterpriseAI.Agent.Training;

/// <summary>A trained classifier with all that is needed to ask it.</summary>
internal sealed record TrainedModel(
    Preprocessing Preprocessing, Classifier Classifier, double[] Parameters, string LabelColumn, IReadOnlyList<string> Classes)
{
    /// <summary>Class probabilities for one row of input; NaN stands for a missing value.</summary>
    public double[] Predict(ReadOnlySpan<float> input) => Classifier.Predict(Parameters, Preprocessing.Encode(input));
}
