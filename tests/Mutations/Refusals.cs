using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace EnterpriseAI.Mutations;

/// <summary>Tells a refusal from any other branch, by how this code base writes one.</summary>
internal static partial class Refusals
{
    /// <summary>True when a branch throws, calls what refuses, or returns false or a refusal.</summary>
    public static bool IsRefusal(StatementSyntax branch) => branch switch
    {
        BlockSyntax { Statements: [.., var last] } => IsRefusal(last),
        ThrowStatementSyntax => true,
        ReturnStatementSyntax { Expression: { } value } => IsRefusal(value) || value.IsKind(SyntaxKind.FalseLiteralExpression),
        ExpressionStatementSyntax { Expression: var call } => IsRefusal(call),
        _ => false,
    };

    /// <inheritdoc cref="IsRefusal(StatementSyntax)"/>
    public static bool IsRefusal(ExpressionSyntax value) => value switch
    {
        ThrowExpressionSyntax => true,
        InvocationExpressionSyntax { Expression: var called } => RefusingName().IsMatch(NameOf(called)),
        ObjectCreationExpressionSyntax { Type: var type } => RefusingName().IsMatch(type.ToString()),
        InterpolatedStringExpressionSyntax => true,
        LiteralExpressionSyntax literal => IsText(literal) && literal.Token.ValueText.Contains(' '),
        MemberAccessExpressionSyntax member => RefusingName().IsMatch(member.Name.Identifier.Text),
        _ => false,
    };

    /// <summary>True for a text that is written out.</summary>
    public static bool IsText(ExpressionSyntax value) => value is InterpolatedStringExpressionSyntax || value.IsKind(SyntaxKind.StringLiteralExpression);

    /// <summary>True for a statement that only calls a check, whose result is that the code goes on.</summary>
    public static bool IsCheckCall(ExpressionSyntax expression) => expression switch
    {
        AwaitExpressionSyntax { Expression: InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.Text: "ConfigureAwait", Expression: var awaited } } } => IsCheckCall(awaited),
        AwaitExpressionSyntax { Expression: var awaited } => IsCheckCall(awaited),
        InvocationExpressionSyntax { Expression: var called } => CheckName().IsMatch(NameOf(called)),
        _ => false,
    };

    /// <summary>What is said when it refuses: the texts of the branch, a value in one written as <c>…</c>.</summary>
    public static string TextOf(SyntaxNode branch)
    {
        var text = branch.DescendantNodesAndSelf().Select(node => node switch
        {
            InterpolatedStringExpressionSyntax whole => string.Concat(whole.Contents.Select(part => part is InterpolatedStringTextSyntax plain ? plain.TextToken.ValueText : "…")),
            LiteralExpressionSyntax literal when literal.IsKind(SyntaxKind.StringLiteralExpression) && literal.Parent is not InterpolationSyntax => literal.Token.ValueText,
            _ => "",
        }).MaxBy(said => said.Length);
        return Cut(text ?? "");
    }

    /// <summary>An expression on one line.</summary>
    public static string OneLine(SyntaxNode node) => Cut(Blanks().Replace(node.ToString(), " "));

    private static string Cut(string text) => text.Length > 140 ? string.Concat(text.AsSpan(0, 139), "…") : text;

    private static string NameOf(ExpressionSyntax called) => called switch
    {
        MemberAccessExpressionSyntax member => member.Name.Identifier.Text,
        SimpleNameSyntax name => name.Identifier.Text,
        _ => "",
    };

    [GeneratedRegex("Refus|Invalid|Malformed|Mismatch|Unreadable|Problem|Fault|Exception|^Fail|Wrong|NotFound|TooL|TooM|Error|Unreachable|Missing|Unsupported")]
    private static partial Regex RefusingName();

    [GeneratedRegex("^(Check|Checked|Validate|Refuse|Require|AllowOnly|Take|Ensure|Verify|ThrowIf(?!Cancellation)|Enforce|Demand|Compare)[A-Z]?")]
    private static partial Regex CheckName();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
