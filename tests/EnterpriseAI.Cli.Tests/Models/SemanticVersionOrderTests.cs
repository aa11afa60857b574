using EnterpriseAI.Cli.Models;
using FsCheck;
using FsCheck.Fluent;

namespace EnterpriseAI.Cli.Tests.Models;

public sealed class SemanticVersionOrderTests
{
    private static readonly string[] Ascending =
    [
        "latest", "v1", "0.9.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
        "1.0.0", "1.0.0+build.1", "1.0.1", "1.2.0", "1.10.0", "2.0.0", "99999999999999999999.0.0",
    ];

    [Test]
    public void Versions_are_ordered_as_the_standard_says() =>
        Assert.That(Ascending.Reverse().Order(SemanticVersionOrder.Instance), Is.EqualTo(Ascending));

    [Test]
    public void The_order_is_total() => Check.QuickThrowOnFailure(Prop.ForAll(Version().Three().ToArbitrary(), static ((string A, string B, string C) versions) =>
    {
        var order = SemanticVersionOrder.Instance;
        var (a, b, c) = versions;
        return Math.Sign(order.Compare(a, b)) == -Math.Sign(order.Compare(b, a))
            && (order.Compare(a, b) == 0) == (a == b)
            && (order.Compare(a, b) > 0 || order.Compare(b, c) > 0 || order.Compare(a, c) <= 0);
    }));

    private static Gen<string> Version() =>
        from core in Gen.Elements("1.0.0", "1.0.10", "1.0.9", "01.0.0", "1.0", "x")
        from pre in Gen.Elements("", "-a", "-a.1", "-1", "-01", "-10", "-9", "-a.b", "-")
        from build in Gen.Elements("", "+1", "+b")
        select core + pre + build;
}
