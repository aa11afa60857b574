using EnterpriseAI.Operator.CompliancePolicies;

namespace EnterpriseAI.Operator.Tests.CompliancePolicies;

public sealed class SpdxExpressionTests
{
    private static readonly string[] Allowed = ["Apache-2.0", "MIT", "CC0-1.0"];

    [TestCase("MIT", true)]
    [TestCase("mit", true)]
    [TestCase("GPL-3.0-only", false)]
    [TestCase("GPL-3.0-only OR MIT", true)]
    [TestCase("GPL-3.0-only AND MIT", false)]
    [TestCase("Apache-2.0 AND MIT", true)]
    [TestCase("GPL-3.0-only OR Apache-2.0 AND MIT", true)]
    [TestCase("MIT AND (GPL-3.0-only OR CC0-1.0)", true)]
    [TestCase("MIT AND (GPL-3.0-only OR LicenseRef-own)", false)]
    [TestCase("MIT OR GPL-3.0-only AND LGPL-3.0-only", true)]
    [TestCase("Apache-2.0 WITH LLVM-exception", true)]
    [TestCase("GPL-2.0-only WITH Classpath-exception-2.0", false)]
    public void A_licence_is_allowed_when_one_can_be_chosen_that_is(string expression, bool allowed) =>
        Assert.That(SpdxExpression.IsAllowed(expression, Allowed), Is.EqualTo(allowed));

    [TestCase("")]
    [TestCase("MIT Apache-2.0")]
    [TestCase("MIT OR")]
    [TestCase("AND MIT")]
    [TestCase("(MIT")]
    [TestCase("MIT)")]
    [TestCase("MIT; rm")]
    [TestCase("()")]
    public void What_is_no_expression_is_said_to_be_none(string expression) =>
        Assert.That(() => SpdxExpression.IsAllowed(expression, Allowed), Throws.TypeOf<FormatException>().With.Message.Contains("SPDX"));

    [Test]
    public void Nesting_is_bounded() =>
        Assert.That(() => SpdxExpression.IsAllowed(new string('(', 10_000) + "MIT" + new string(')', 10_000), Allowed), Throws.TypeOf<FormatException>());
}
