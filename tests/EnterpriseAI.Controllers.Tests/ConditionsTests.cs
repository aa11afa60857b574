namespace EnterpriseAI.Controllers.Tests;

public sealed class ConditionsTests
{
    static readonly DateTimeOffset Then = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    static readonly DateTimeOffset Now = Then.AddHours(1).AddMilliseconds(700);

    [Test]
    public void The_transition_time_changes_only_with_the_status()
    {
        var existing = Conditions.Merge(null, Then, Conditions.Of("Ready", false, "Waiting", "wait", 1), Conditions.Of("Other", null, "X", "y"));

        var same = Conditions.Merge(existing, Now, Conditions.Of("Ready", false, "StillWaiting", "wait more", 2));
        var changed = Conditions.Merge(same, Now, Conditions.Of("Ready", true, "Done", "ok", 2));

        Assert.That(same[0], Is.EqualTo(existing[0] with { Reason = "StillWaiting", Message = "wait more", ObservedGeneration = 2 }));
        Assert.That(changed[0].LastTransitionTime, Is.EqualTo(Then.AddHours(1)));
        Assert.That(changed.Select(condition => condition.Type), Is.EqualTo(new[] { "Ready", "Other" }));
        Assert.That(changed[1].Status, Is.EqualTo("Unknown"));
    }

    [Test]
    public void Merging_the_same_again_changes_nothing()
    {
        var once = Conditions.Merge(null, Then, Conditions.Of("Ready", true, "Done", "ok", 3));

        Assert.That(Conditions.Merge(once, Now, Conditions.Of("Ready", true, "Done", "ok", 3)), Is.EqualTo(once));
    }

    [Test]
    public void Conditions_are_found_and_left_out()
    {
        var conditions = Conditions.Merge(null, Then, Conditions.Of("A", true, "R", "m"), Conditions.Of("B", false, "R", "m"));

        Assert.That((Conditions.IsTrue(conditions, "A"), Conditions.IsTrue(conditions, "B"), Conditions.IsTrue(null, "A")), Is.EqualTo((true, false, false)));
        Assert.That(Conditions.Without(conditions, "A").Select(condition => condition.Type), Is.EqualTo(new[] { "B" }));
    }
}
