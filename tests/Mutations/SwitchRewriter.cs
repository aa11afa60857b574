using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace EnterpriseAI.Mutations;

/// <summary>Gives every check of a file a switch: <c>if (bad) throw</c> becomes <c>if ((bad) &amp;&amp; !Switch.IsOff(7)) throw</c>.</summary>
/// <remarks>
/// What counts as a check: a condition whose branch throws, refuses, or returns false or a refusal; each operand of an <c>||</c> in one;
/// each operand of an <c>&amp;&amp;</c> that a predicate returns; a statement that only calls a check.
/// Caveats: a condition that brings a variable which is needed afterwards has no switch, since there would be nothing to go on with.
/// </remarks>
internal sealed class SwitchRewriter(string file, List<Check> checks) : CSharpSyntaxRewriter
{
    public override SyntaxNode? VisitIfStatement(IfStatementSyntax node)
    {
        var visited = (IfStatementSyntax)base.VisitIfStatement(node)!;
        return Refusals.IsRefusal(node.Statement)
            ? visited.WithCondition(Guarded(node.Condition, visited.Condition, node, Refusals.TextOf(node.Statement), isGood: false))
            : node.Else is { } otherwise && Refusals.IsRefusal(otherwise.Statement)
                ? visited.WithCondition(Guarded(node.Condition, visited.Condition, node, Refusals.TextOf(otherwise), isGood: true))
                : visited;
    }

    public override SyntaxNode? VisitConditionalExpression(ConditionalExpressionSyntax node)
    {
        var visited = (ConditionalExpressionSyntax)base.VisitConditionalExpression(node)!;
        // A choice between two texts is about words only.
        if (Refusals.IsText(node.WhenTrue) || Refusals.IsText(node.WhenFalse))
            return visited;
        return Refusals.IsRefusal(node.WhenTrue)
            ? visited.WithCondition(Guarded(node.Condition, visited.Condition, node, Refusals.TextOf(node.WhenTrue), isGood: false))
            : Refusals.IsRefusal(node.WhenFalse)
                ? visited.WithCondition(Guarded(node.Condition, visited.Condition, node, Refusals.TextOf(node.WhenFalse), isGood: true))
                : visited;
    }

    public override SyntaxNode? VisitExpressionStatement(ExpressionStatementSyntax node)
    {
        var visited = base.VisitExpressionStatement(node);
        // A block of its own: an else that follows belongs to the if around it. In a branch that its condition already switches off it would be the same check again.
        return Refusals.IsCheckCall(node.Expression) && !(node.Ancestors().Take(2).OfType<IfStatementSyntax>().Any() && Refusals.IsRefusal(node))
            ? SyntaxFactory.ParseStatement($"{{ if (!{Switch(node.Expression, "")}) {{ {visited!.ToFullString().Trim()} }} }}").WithTriviaFrom(node)
            : visited;
    }

    public override SyntaxNode? VisitReturnStatement(ReturnStatementSyntax node)
    {
        var visited = (ReturnStatementSyntax)base.VisitReturnStatement(node)!;
        return node.Expression is { } returned && IsInPredicate(node) && Unwrapped(returned).IsKind(SyntaxKind.LogicalAndExpression)
            ? visited.WithExpression(Guarded(returned, visited.Expression!, node, "", isGood: true))
            : visited;
    }

    public override SyntaxNode? VisitArrowExpressionClause(ArrowExpressionClauseSyntax node)
    {
        var visited = (ArrowExpressionClauseSyntax)base.VisitArrowExpressionClause(node)!;
        return IsInPredicate(node) && Unwrapped(node.Expression).IsKind(SyntaxKind.LogicalAndExpression)
            ? visited.WithExpression(Guarded(node.Expression, visited.Expression, node, "", isGood: true))
            : visited;
    }

    // The operands of an || that says bad, or of an && that says good, are checks of their own.
    private ExpressionSyntax Guarded(ExpressionSyntax original, ExpressionSyntax visited, SyntaxNode owner, string refusal, bool isGood)
    {
        var kind = isGood ? SyntaxKind.LogicalAndExpression : SyntaxKind.LogicalOrExpression;
        if (original is BinaryExpressionSyntax both && visited is BinaryExpressionSyntax rewritten && both.IsKind(kind))
        {
            return rewritten
                .WithLeft(Guarded(both.Left, rewritten.Left, owner, refusal, isGood))
                .WithRight(Guarded(both.Right, rewritten.Right, owner, refusal, isGood));
        }
        if (Binds(original, owner, isGood))
            return visited;
        var (joint, not) = isGood ? ("||", "") : ("&&", "!");
        return SyntaxFactory.ParseExpression($"(({visited.ToFullString().Trim()}) {joint} {not}{Switch(original, refusal)})").WithTriviaFrom(visited);
    }

    private string Switch(ExpressionSyntax expression, string refusal)
    {
        var check = new Check(checks.Count, file, MemberOf(expression), Refusals.OneLine(expression), refusal);
        checks.Add(check);
        return $"global::EnterpriseAI.Mutations.Switch.IsOff({check.Number})";
    }

    // A variable that the condition brings is unassigned where the switch alone lets the code go on.
    private static bool Binds(ExpressionSyntax condition, SyntaxNode owner, bool isGood)
    {
        var names = condition.DescendantNodesAndSelf().OfType<SingleVariableDesignationSyntax>().Select(d => d.Identifier.Text).ToHashSet(StringComparer.Ordinal);
        if (names.Count == 0)
            return false;
        var body = owner switch
        {
            IfStatementSyntax { Statement: var refusing } when !isGood => refusing,
            ConditionalExpressionSyntax { WhenTrue: var refusing } when !isGood => refusing,
            _ => (SyntaxNode?)null,
        };
        var scope = owner.Ancestors().First(a => a is BlockSyntax or SwitchSectionSyntax or MemberDeclarationSyntax or LocalFunctionStatementSyntax or AnonymousFunctionExpressionSyntax);
        return scope.DescendantNodes().OfType<IdentifierNameSyntax>()
            .Any(name => names.Contains(name.Identifier.Text) && !condition.Span.Contains(name.Span) && body?.Span.Contains(name.Span) is not true);
    }

    private static ExpressionSyntax Unwrapped(ExpressionSyntax expression) => expression is ParenthesizedExpressionSyntax { Expression: var inner } ? Unwrapped(inner) : expression;

    private static bool IsInPredicate(SyntaxNode node) => node.Ancestors().FirstOrDefault(a => a is MethodDeclarationSyntax or PropertyDeclarationSyntax or LocalFunctionStatementSyntax or AnonymousFunctionExpressionSyntax) switch
    {
        MethodDeclarationSyntax method => method.ReturnType.ToString() == "bool",
        PropertyDeclarationSyntax property => property.Type.ToString() == "bool",
        LocalFunctionStatementSyntax function => function.ReturnType.ToString() == "bool",
        _ => false,
    };

    private static string MemberOf(SyntaxNode node) => node.Ancestors().OfType<MemberDeclarationSyntax>().First() switch
    {
        MethodDeclarationSyntax method => method.Identifier.Text,
        PropertyDeclarationSyntax property => property.Identifier.Text,
        ConstructorDeclarationSyntax constructor => constructor.Identifier.Text,
        BaseTypeDeclarationSyntax type => type.Identifier.Text,
        _ => "",
    };
}
