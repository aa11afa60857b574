using System.Globalization;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using Spectre.Console;

namespace EnterpriseAI.Cli.Models;

/// <summary>One model version on one page, what matters most at its top.</summary>
internal sealed class ModelPage(CommandEnvironment environment, ModelVersion version, Listing<InferenceService> services)
{
    private const string CreatedBy = "enterpriseai.io/created-by";
    private static readonly Style Bold = new(decoration: Decoration.Bold);

    private readonly DateTimeOffset _now = environment.Now;
    private readonly IReadOnlyList<ServiceUse> _uses = ServiceUse.Of(services.Items, version);

    public void Write()
    {
        Standing();
        Facts();
        Conditions();
        Attestations();
        Interface();
        Graph();
        Card();
        Evaluation();
        Gates();
        Approvals();
        Provenance();
        Services();
    }

    private void Standing()
    {
        var ready = ModelText.Condition(version, "Ready");
        environment.Show(new Paragraph().Append(PlainText.Line(version.Name), Bold).Append("   ").Append(ModelText.Phase(version), ModelText.OfPhase(version)));
        environment.WriteLine(ready?.Message is { Length: > 0 } message ? message : "the operator has not looked at it yet");
        if (version.Status?.ObservedGeneration is { } seen && seen < version.Metadata.Generation)
            environment.WriteLine("(said before the last change of the spec; the operator has yet to look at it)");
        foreach (var step in NextStep.Of(version, _uses, _now))
        {
            environment.WriteLine();
            environment.WriteLine($"{step.What}{(step.Command is null ? "" : ":")}");
            if (step.Command is { } command)
                environment.WriteLine($"  {command}");
        }
    }

    private void Facts()
    {
        var (spec, status) = (version.Spec, version.Status);
        var facts = Pairs();
        Pair(facts, "Model", $"{spec.Model} {spec.Version}");
        Pair(facts, "Namespace", version.Namespace);
        Pair(facts, "Stage", spec.Stage.ToString());
        Pair(facts, "Created", version.Metadata.CreationTimestamp is { } created ? Age.Full(created, _now) + (version.Annotation(CreatedBy) is { } by ? $" by {by}" : "") : null);
        Pair(facts, "Artifact", $"{spec.Artifact.Uri} ({spec.Artifact.Format})");
        Pair(facts, "Digest", spec.Artifact.Digest);
        if (status?.Digest is { } digest && digest != spec.Artifact.Digest)
            Pair(facts, "Digest found", digest, new Style(Color.Red));
        Pair(facts, "Expected signer", ModelText.Expected(spec.Signature));
        Pair(facts, "Signed by", status?.Signer is { } signer ? $"{(signer.Identity is null && signer.KeyId is { } key ? $"key {key}" : ModelText.Signer(signer))}{(signer.LogIndex is { } index ? $", entry {index} of the transparency log" : "")}" : "-");
        Pair(facts, "Verified", status?.VerifiedAt is { } verified ? Age.Full(verified, _now) : "never");
        Pair(facts, "Verified next", status?.NextVerificationAt is { } next ? Age.Full(next, _now) : null);
        Pair(facts, "Expires", status?.ExpiresAt is { } expires ? Age.Full(expires, _now) : null);
        Pair(facts, "Revoked because", spec.Revoked ? spec.RevokedReason ?? "no reason given" : null);
        environment.WriteLine();
        environment.Show(facts);
    }

    private void Conditions() => Section("Conditions", version.Status?.Conditions ?? [], ["TYPE", "STATUS", "AGE", "REASON", "MESSAGE"], c =>
    [
        Cell.Of(c.Type), Cell.Of(c.Status, c.Status == "False" && c.Type != "Expiring" ? new Style(Color.Red) : null), Cell.Of(Age.Since(c.LastTransitionTime, _now)), Cell.Of(c.Reason), Cell.Of(c.Message),
    ]);

    private void Attestations() => Section("Attestations", version.Spec.Attestations, ["NAME", "TYPE", "HOLDS", "SIGNED BY", "WHAT IT SAYS"], asked =>
    {
        var found = version.Status?.Attestations.FirstOrDefault(outcome => outcome.Name == asked.Name);
        return
        [
            Cell.Of(asked.Name),
            Cell.Of(asked.Type.ToString()),
            found?.Verified switch { true => Cell.Of("yes", new Style(Color.Green)), false => Cell.Of("no", new Style(Color.Red)), null => Cell.Of("unknown") },
            Cell.Of(found is { Verified: true } ? ModelText.Signer(found.Signer) : "-"),
            Cell.Of(string.Join(": ", new[] { found?.Step, found?.Message }.Where(text => text is { Length: > 0 })) is { Length: > 0 } said ? said : "-"),
        ];
    });

    private void Interface()
    {
        var tensors = version.Status?.Interface ?? new ModelInterface();
        (string Kind, ModelTensor Tensor)[] all = [.. tensors.Inputs.Select(t => ("input", t)), .. tensors.Outputs.Select(t => ("output", t))];
        Section("Interface", all, ["", "NAME", "DATATYPE", "SHAPE"], t => [Cell.Of(t.Kind), Cell.Of(t.Tensor.Name), Cell.Of(t.Tensor.Datatype), Cell.Of(ModelText.Shape(t.Tensor))]);
    }

    private void Graph()
    {
        if (version.Status?.Graph is not { } graph)
            return;
        var facts = Pairs();
        Pair(facts, "IR version", graph.IrVersion?.ToString(CultureInfo.InvariantCulture));
        Pair(facts, "Producer", graph.Producer);
        Pair(facts, "Operator sets", string.Join(", ", graph.OperatorSets.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Domain} {s.Version}"))));
        Pair(facts, "Operators", string.Join(", ", graph.Operators));
        Pair(facts, "External data", string.Join(", ", graph.ExternalData));
        Section("Graph", facts);
    }

    private void Card()
    {
        var card = version.Spec.Card ?? new ModelCard();
        (string Name, string? Text)[] fields =
        [
            ("Intended use", card.IntendedUse), ("Limitations", card.Limitations), ("Licence", card.License), ("Owner", card.Owner), ("Risk class", card.RiskClass?.ToString()),
        ];
        var facts = Pairs();
        foreach (var (name, text) in fields)
            Pair(facts, name, text);
        Pair(facts, "Missing", string.Join(", ", fields.Where(f => string.IsNullOrWhiteSpace(f.Text)).Select(f => f.Name)), new Style(Color.Yellow));
        Section("Card", facts);
    }

    private void Evaluation() => Section("Evaluation", version.Spec.Evaluation, ["METRIC", "VALUE", "DATASET", "SLICE", "ROWS"], e =>
    [
        Cell.Of(e.Metric), Cell.Of(ModelText.Figure(e.Value)), Cell.Of(e.Dataset ?? "-"), Cell.Of(e.Slice ?? "-"), Cell.Of(e.Count?.ToString(CultureInfo.InvariantCulture) ?? "-"),
    ]);

    private void Gates() => Section("Gates", GateOutcomes.Of(version.Spec.Gates, ModelText.Condition(version, "GatesPassed")), ["GATE", "MUST BE", "PASSED", "WHY NOT"], g =>
    [
        Cell.Of(GateText.Name(g.Gate)),
        Cell.Of(GateText.Bounds(g.Gate)),
        g.IsPassed switch { true => Cell.Of("yes", new Style(Color.Green)), false => Cell.Of("no", new Style(Color.Red)), _ => Cell.Of("unknown") },
        Cell.Of(g.Why ?? "-"),
    ]);

    private void Approvals()
    {
        var approvals = version.Spec.Approvals;
        var standing = ApprovalStanding.Of(approvals, _now);
        Heading($"Approvals: {standing.Approving.Count} of {standing.Required}{(approvals?.ValidFor is { } validFor ? $", each valid for {validFor}" : "")}");
        if (approvals?.Granted is not { Count: > 0 } granted)
            return;
        var table = Cell.Table("WHO", "DECISION", "WHEN", "EXPIRES", "COMMENT");
        foreach (var entry in granted)
        {
            table.AddRow(
                Cell.Of(entry.By ?? "nobody: not stamped"),
                Cell.Of(entry.Decision.ToString(), entry.Decision == ApproverDecision.Reject ? new Style(Color.Red) : null),
                Cell.Of(entry.At is { } at ? Age.Full(at, _now) : "-"),
                Cell.Of(entry.Decision == ApproverDecision.Approve && approvals.EndOf(entry) is { } expires ? Age.Relative(expires, _now) : "-"),
                Cell.Of(entry.Comment ?? "-"));
        }
        Indented(table);
    }

    private void Provenance()
    {
        if (version.Spec.Provenance is not { } provenance)
            return;
        var facts = Pairs();
        Pair(facts, "Training job", provenance.TrainingJob);
        foreach (var source in provenance.DataSources)
            Pair(facts, "Data source", $"{source.Name} {source.Digest}");
        Pair(facts, "Source code", provenance.Source is { } code ? $"{code.Repository}{(code.Commit is { } commit ? $" at {commit}" : "")}" : null);
        Section("Provenance", facts);
    }

    private void Services()
    {
        Section("Services", _uses, ["SERVICE", "ROLE", "", "PHASE"], u =>
        [
            Cell.Of(u.Service.Name), Cell.Of(u.RoleText), Cell.Of(u.Detail), Cell.Of(u.Service.Status?.Phase?.ToString() ?? "-"),
        ]);
        if (services.Gap is not { } gap)
            return;
        if (_uses.Count == 0)
            Heading("Services");
        environment.WriteLine($"  {gap}");
    }

    private void Section<T>(string heading, IReadOnlyList<T> items, string[] columns, Func<T, Text[]> row)
    {
        if (items.Count == 0)
            return;
        var table = Cell.Table(columns);
        foreach (var item in items)
            table.AddRow(row(item));
        Heading(heading);
        Indented(table);
    }

    private void Section(string heading, Table pairs)
    {
        if (pairs.Rows.Count == 0)
            return;
        Heading(heading);
        Indented(pairs);
    }

    private void Heading(string text)
    {
        environment.WriteLine();
        environment.Show(Cell.Of(text, Bold));
    }

    private void Indented(Table table) => environment.Show(new Padder(table, new Padding(2, 0, 0, 0)));

    private static Table Pairs() => Cell.Table("", "").HideHeaders();

    private static void Pair(Table table, string name, string? value, Style? style = null)
    {
        if (!string.IsNullOrWhiteSpace(value))
            table.AddRow(Cell.Of($"{name}:"), Cell.Of(value, style));
    }
}
