namespace EnterpriseAI.Mutations;

/// <summary>A condition, or a call, that can refuse what it looks at; it has a number by which it is switched off.</summary>
/// <param name="Number">Its number in this run.</param>
/// <param name="File">The file, relative to the checkout.</param>
/// <param name="Member">The method or property that holds it.</param>
/// <param name="Text">The condition or call as written, on one line.</param>
/// <param name="Refusal">What is said when it refuses, as far as the source tells; else empty.</param>
internal sealed record Check(int Number, string File, string Member, string Text, string Refusal)
{
    /// <summary>What stays the same when lines move: the key of the list of known survivors.</summary>
    public string Key => $"{Path.GetFileName(File)}, {Member}: {Text}";
}
