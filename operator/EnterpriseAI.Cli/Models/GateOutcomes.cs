using System.Globalization;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Cli.Models;

/// <summary>Whether a gate is passed, as the operator said.</summary>
/// <param name="Gate">The gate.</param>
/// <param name="IsPassed">Null when the operator has not judged it, or when its message does not tell.</param>
/// <param name="Why">What the operator says of a gate that is not, or may not be, passed.</param>
internal sealed record GateOutcome(EvaluationGate Gate, bool? IsPassed, string? Why);

/// <summary>
/// Reads from the condition GatesPassed which gates failed. The gates are not judged here: two judges would one day disagree.
/// </summary>
/// <remarks>The message holds one sentence for each gate that failed, in the order of the gates, apart by <c>; </c>, and may tell what was left out.</remarks>
internal static class GateOutcomes
{
    private const string Separator = "; ";

    // Some sentences go on after a semicolon of their own.
    private const string Advice = "evaluate the model ";

    private const string NotMeasured = " was not measured; ";

    private static readonly string[] Verbs = [" is ", " was ", " has ", " needs ", " asks "];

    public static IReadOnlyList<GateOutcome> Of(IReadOnlyList<EvaluationGate> gates, V1Condition? condition) => condition?.Status switch
    {
        "True" => [.. gates.Select(g => new GateOutcome(g, true, null))],
        "False" => Read(gates, [.. Sentences(condition.Message).Where(s => !gates.Any(g => s.StartsWith($"{GateText.Name(g)} leaves out ", StringComparison.Ordinal)))]),
        _ => [.. gates.Select(g => new GateOutcome(g, null, null))],
    };

    private static List<string> Sentences(string message)
    {
        List<string> sentences = [];
        foreach (var piece in message.Split(Separator))
        {
            if (sentences.Count > 0 && piece.StartsWith(Advice, StringComparison.Ordinal))
                sentences[^1] += Separator + piece;
            else
                sentences.Add(piece);
        }
        return sentences;
    }

    private static List<GateOutcome> Read(IReadOnlyList<EvaluationGate> gates, List<string> sentences)
    {
        // Which gate a sentence is about may be open: gates of one metric may be told apart by nothing that it says. The earliest and the
        // latest gates that all sentences fit bound what is possible.
        var (earliest, latest) = (new int[sentences.Count], new int[sentences.Count]);
        for (int next = 0, i = 0; next < sentences.Count; next++, i++)
        {
            while (i < gates.Count && !Speaks(sentences[next], gates[i]))
                i++;
            if (i == gates.Count)
                return [.. gates.Select(g => new GateOutcome(g, null, null))];
            earliest[next] = i;
        }
        for (int next = sentences.Count - 1, i = gates.Count - 1; next >= 0; next--, i--)
        {
            while (!Speaks(sentences[next], gates[i]))
                i--;
            latest[next] = i;
        }

        List<GateOutcome> outcomes = [.. gates.Select(g => new GateOutcome(g, true, null))];
        foreach (var (sentence, at) in sentences.Select((s, at) => (s, at)).OrderBy(t => earliest[t.at] == latest[t.at]))
        {
            for (var i = earliest[at]; i <= latest[at]; i++)
            {
                if (Speaks(sentence, gates[i]))
                    outcomes[i] = new GateOutcome(gates[i], earliest[at] == latest[at] ? false : null, sentence);
            }
        }
        return outcomes;
    }

    private static bool Speaks(string sentence, EvaluationGate gate) =>
        (Begins(sentence, GateText.Name(gate)) || IsOfOneSlice(sentence, gate))
        && Names(sentence, ", below the minimum ", gate.Minimum) && Names(sentence, ", above the maximum ", gate.Maximum);

    // A gate for many slices names the one that is out of bounds; that nothing was measured it says of itself.
    private static bool IsOfOneSlice(string sentence, EvaluationGate gate) =>
        gate.Slice is { } slice && slice.EndsWith('*') && sentence.StartsWith($"{gate.Metric} for {slice[..^1]}", StringComparison.Ordinal)
        && !sentence.Contains(NotMeasured, StringComparison.Ordinal);

    private static bool Begins(string sentence, string name) =>
        sentence.StartsWith(name, StringComparison.Ordinal) && Verbs.Any(verb => sentence.AsSpan(name.Length).StartsWith(verb, StringComparison.Ordinal));

    // Two gates may be about one metric, and differ in their bounds only.
    private static bool Names(string sentence, string words, double? bound) =>
        sentence.LastIndexOf(words, StringComparison.Ordinal) is var at && (at < 0
            || (bound is { } value && sentence[(at + words.Length)..] == value.ToString("0.####", CultureInfo.InvariantCulture)));
}
