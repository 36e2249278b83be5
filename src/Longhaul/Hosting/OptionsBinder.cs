using System.Globalization;
using System.Reflection;
using Longhaul.Jobs;
using Microsoft.Extensions.Configuration;

namespace Longhaul.Hosting;

/// <summary>Sets the properties of an options object from configuration. A key that is none of them is a problem, not silence.</summary>
internal sealed class OptionsBinder
{
    private readonly object _target;
    private readonly Dictionary<string, PropertyInfo> _properties;

    /// <param name="target">The options.</param>
    /// <param name="renamed">Keys that differ from their property's name.</param>
    public OptionsBinder(object target, params ReadOnlySpan<(string Key, string Property)> renamed)
    {
        _target = target;
        _properties = target.GetType().GetProperties()
            .Where(static p => p.CanWrite || IsGrowing(p.PropertyType))
            .ToDictionary(static p => p.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var (key, property) in renamed)
        {
            _properties.Remove(property, out var moved);
            _properties.Add(key, moved!);
        }
    }

    public void Set(IConfigurationSection setting, List<string> problems, IEnumerable<string> otherKeys)
    {
        if (!_properties.TryGetValue(setting.Key, out var property))
        {
            problems.Add(Unknown(setting, _properties.Keys.Concat(otherKeys)));
            return;
        }

        if (property.GetValue(_target) is IDictionary<string, string> texts)
            SetTexts(setting, texts);
        else if (property.GetValue(_target) is IDictionary<string, double> numbers)
            SetNumbers(setting, numbers, problems);
        else if (IsList(property.PropertyType))
            SetList(setting, property, problems);
        else if (setting.Value is { } text)
            SetValue(setting, property, text.Trim(), problems);
        else if (setting.GetChildren().Any())
            problems.Add($"{setting.Path} must be one value, but has parts ({string.Join(", ", setting.GetChildren().Select(static c => c.Key))}). Write it as one.");
    }

    private static string Unknown(IConfigurationSection setting, IEnumerable<string> known)
    {
        var all = known.Order(StringComparer.OrdinalIgnoreCase).ToArray();
        var advice = Nearest.Word(setting.Key, all) is { } near ? $"Did you mean {near}?" : $"Known are: {string.Join(", ", all)}.";
        return $"{setting.Path} must be a setting of Longhaul, but is not known. {advice}";
    }

    /// <summary>What is not replaced, but added to.</summary>
    private static bool IsGrowing(Type type)
        => type == typeof(IList<string>) || type == typeof(IList<int>) || type == typeof(IDictionary<string, string>) || type == typeof(IDictionary<string, double>);

    private static bool IsList(Type type) => type == typeof(IReadOnlyList<string>) || type == typeof(IList<string>) || type == typeof(IList<int>);

    private static void SetTexts(IConfigurationSection setting, IDictionary<string, string> texts)
    {
        foreach (var child in setting.GetChildren())
            texts[child.Key] = child.Value ?? "";
    }

    private static void SetNumbers(IConfigurationSection setting, IDictionary<string, double> numbers, List<string> problems)
    {
        foreach (var child in setting.GetChildren())
        {
            if (Read(typeof(double), child.Value ?? "") is double number)
                numbers[child.Key] = number;
            else
                problems.Add($"{child.Path} must be {Form(typeof(double))}, but was {Quoted.Text(child.Value)}.");
        }
    }

    private void SetList(IConfigurationSection setting, PropertyInfo property, List<string> problems)
    {
        var values = setting.Value is { } text
            ? text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            : [.. setting.GetChildren().Select(static c => c.Value).OfType<string>()];
        if (property.CanWrite)
        {
            property.SetValue(_target, values);
            return;
        }

        if (property.GetValue(_target) is IList<int> numbers)
        {
            foreach (var value in values)
            {
                if (Read(typeof(int), value) is int number)
                    numbers.Add(number);
                else
                    problems.Add($"{setting.Path} must be {Form(typeof(int))}, or several, but was {Quoted.Text(value)}.");
            }

            return;
        }

        foreach (var value in values)
            ((IList<string>)property.GetValue(_target)!).Add(value);
    }

    private void SetValue(IConfigurationSection setting, PropertyInfo property, string text, List<string> problems)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (text.Length == 0 && type != typeof(string))
            return; // an empty variable sets nothing
        if (Read(type, text) is { } value)
            property.SetValue(_target, value);
        else
            problems.Add($"{setting.Path} must be {Form(type)}, but was {Quoted.Text(text)}.");
    }

    private static object? Read(Type type, string text)
    {
        if (type == typeof(string))
            return text;
        if (type == typeof(bool))
            return bool.TryParse(text, out var truth) ? truth : text is "1" or "on" or "yes" ? true : text is "0" or "off" or "no" ? false : null;
        if (type == typeof(int))
            return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
        if (type == typeof(long))
            return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
        if (type == typeof(double))
            return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
        if (type == typeof(TimeSpan))
            return ReadDuration(text);
        throw new NotSupportedException($"{type} cannot be read from configuration yet.");
    }

    // A plain number is seconds; TimeSpan itself would take it for days.
    private static TimeSpan? ReadDuration(string text)
    {
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds))
            return Math.Abs(seconds) <= PolicyCheck.LongestDays * 86_400.0 ? TimeSpan.FromSeconds(seconds) : null;
        return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) ? time : null;
    }

    private static string Form(Type type) => type switch
    {
        _ when type == typeof(bool) => "true or false",
        _ when type == typeof(TimeSpan) => "seconds or hh:mm:ss",
        _ when type == typeof(double) => "a number",
        _ => "a whole number",
    };
}
