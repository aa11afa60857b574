using System.Text.RegularExpressions;

namespace EnterpriseAI.Operator.CompliancePolicies;

/// <summary>
/// A licence as SPDX expression (SPDX 2.3, annex D): identifiers joined by AND, OR and WITH, with parentheses. AND binds more strongly
/// than OR.
/// </summary>
internal static partial class SpdxExpression
{
    private const int DeepestNesting = 32;

    /// <summary>
    /// Whether a licence can be chosen all of whose parts are on the list: of OR one side must be, of AND both. An exception (WITH) only
    /// permits more, so its licence counts.
    /// </summary>
    /// <exception cref="FormatException">It is no expression; the message quotes it.</exception>
    public static bool IsAllowed(string expression, IReadOnlyCollection<string> allowed)
    {
        var tokens = Token().Matches(expression).Select(match => match.Value).ToList();
        if (tokens.Sum(token => token.Length) != expression.Count(c => !char.IsWhiteSpace(c)))
            throw Malformed(expression);
        var at = 0;
        var result = Either(0);
        return at == tokens.Count ? result : throw Malformed(expression);

        bool Either(int depth)
        {
            var result = Both(depth);
            while (Takes("OR"))
                result |= Both(depth);
            return result;
        }

        bool Both(int depth)
        {
            var result = One(depth);
            while (Takes("AND"))
                result &= One(depth);
            return result;
        }

        bool One(int depth)
        {
            if (Takes("("))
            {
                if (depth == DeepestNesting)
                    throw Malformed(expression);
                var inner = Either(depth + 1);
                return Takes(")") ? inner : throw Malformed(expression);
            }

            var name = Identifier();
            if (Takes("WITH"))
                Identifier();
            return allowed.Contains(name, StringComparer.OrdinalIgnoreCase);
        }

        string Identifier() =>
            at < tokens.Count && tokens[at] is not ("(" or ")" or "AND" or "OR" or "WITH") ? tokens[at++] : throw Malformed(expression);

        bool Takes(string token)
        {
            if (at == tokens.Count || tokens[at] != token)
                return false;
            at++;
            return true;
        }
    }

    private static FormatException Malformed(string expression) => new($"'{expression}' is not an SPDX expression: use identifiers such as Apache-2.0, joined by AND and OR");

    [GeneratedRegex(@"[()]|[A-Za-z0-9.+:-]+")]
    private static partial Regex Token();
}
