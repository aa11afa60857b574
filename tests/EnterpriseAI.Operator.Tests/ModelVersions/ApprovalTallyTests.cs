using EnterpriseAI.Api;
using EnterpriseAI.Operator.ModelVersions;
using FsCheck;
using FsCheck.Fluent;

namespace EnterpriseAI.Operator.Tests.ModelVersions;

public sealed class ApprovalTallyTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Test]
    public void The_last_word_of_each_person_counts()
    {
        var tally = Tally(2, null, Said("alice", ApproverDecision.Approve), Said("bob", ApproverDecision.Reject), Said("bob", ApproverDecision.Approve), Said("alice", ApproverDecision.Withdraw));
        Assert.That((tally.Approving.Select(a => a.By), tally.Rejecting, tally.IsApproved), Is.EqualTo((new[] { "bob" }.AsEnumerable(), Array.Empty<Approval>(), false)));
    }

    [Test]
    public void One_rejection_outweighs_every_approval_until_it_is_withdrawn()
    {
        Approval[] decisions = [Said("alice", ApproverDecision.Approve), Said("carol", ApproverDecision.Approve), Said("bob", ApproverDecision.Reject)];
        Assert.That(Tally(1, null, decisions).IsApproved, Is.False);
        Assert.That(Tally(1, null, [.. decisions, Said("bob", ApproverDecision.Withdraw)]).IsApproved, Is.True);
    }

    [Test]
    public void An_approval_ends_with_its_time_and_the_tally_says_when()
    {
        Approval[] decisions = [Said("alice", ApproverDecision.Approve, Noon.AddDays(-20)), Said("bob", ApproverDecision.Approve, Noon.AddDays(-10)), Said("carol", ApproverDecision.Approve, Noon.AddDays(-5))];
        var tally = Tally(2, "30d", decisions);
        // Alice's ends first and is not missed; when bob's ends, one is left of two.
        Assert.That((tally.IsApproved, tally.HoldsUntil), Is.EqualTo((true, (DateTimeOffset?)Noon.AddDays(20))));
        var later = ApprovalTally.Of(new ModelApprovals { Required = 2, ValidFor = new Duration("30d"), Granted = decisions }, Noon.AddDays(20));
        Assert.That((later.IsApproved, later.Expired.Select(a => a.By), later.HoldsUntil), Is.EqualTo((false, new[] { "alice", "bob" }.AsEnumerable(), (DateTimeOffset?)null)));
    }

    [TestCase("soon")]
    [TestCase("5000y")]
    public void While_it_cannot_be_read_how_long_an_approval_holds_none_counts(string validFor)
    {
        var tally = Tally(1, validFor, Said("alice", ApproverDecision.Approve), Said("bob", ApproverDecision.Approve));
        Assert.That((tally.IsApproved, tally.Expired.Count, tally.HoldsUntil), Is.EqualTo((false, 2, (DateTimeOffset?)null)));
    }

    [Test]
    public void An_approval_whose_end_no_calendar_reaches_holds_for_ever()
    {
        var tally = Tally(1, "1000y", Said("alice", ApproverDecision.Approve, new DateTimeOffset(9900, 1, 1, 0, 0, 0, TimeSpan.Zero)));
        Assert.That((tally.IsApproved, tally.HoldsUntil), Is.EqualTo((true, (DateTimeOffset?)null)));
    }

    [Test]
    public void What_the_tally_foretells_comes_true()
    {
        // A number stands for one of five people and for what they decided.
        var courses = Gen.Choose(0, 14).ListOf().SelectMany(decisions => Gen.Choose(1, 3).Select(required => (Decisions: decisions, Required: required)));
        Prop.ForAll(courses.ToArbitrary(), course =>
        {
            var (list, required) = course;
            var approvals = new ModelApprovals
            {
                Required = required,
                ValidFor = new Duration("10d"),
                Granted = [.. list.Select((d, i) => Said($"user-{d / 3}", (ApproverDecision)(d % 3), Noon.AddHours(i - list.Count)))],
            };
            var tally = ApprovalTally.Of(approvals, Noon);
            if (!tally.IsApproved)
                return true;
            var until = tally.HoldsUntil!.Value;
            return ApprovalTally.Of(approvals, until.AddTicks(-1)).IsApproved && !ApprovalTally.Of(approvals, until).IsApproved;
        }).QuickCheckThrowOnFailure();
    }

    private static ApprovalTally Tally(int required, string? validFor, params Approval[] decisions) =>
        ApprovalTally.Of(new ModelApprovals { Required = required, ValidFor = validFor is null ? null : new Duration(validFor), Granted = decisions }, Noon);

    private static Approval Said(string by, ApproverDecision decision, DateTimeOffset? at = null) => new() { By = by, At = at ?? Noon, Decision = decision };
}
