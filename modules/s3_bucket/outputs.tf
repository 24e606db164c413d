# A consumer that waits for an output gets a bucket that is already closed,
# encrypted, versioned and locked, and that lets log delivery in.
output "arn" {
  description = "The ARN of the bucket, known once the bucket is fully configured."
  value       = aws_s3_bucket.this.arn

  depends_on = [
    aws_s3_bucket_object_lock_configuration.this,
    aws_s3_bucket_ownership_controls.this,
    aws_s3_bucket_policy.this,
    aws_s3_bucket_server_side_encryption_configuration.this,
    aws_s3_bucket_versioning.this,
  ]
}

output "name" {
  description = "The name of the bucket, known once the bucket is fully configured."
  value       = aws_s3_bucket.this.bucket

  depends_on = [
    aws_s3_bucket_object_lock_configuration.this,
    aws_s3_bucket_ownership_controls.this,
    aws_s3_bucket_policy.this,
    aws_s3_bucket_server_side_encryption_configuration.this,
    aws_s3_bucket_versioning.this,
  ]
}

output "policy_json" {
  description = "The bucket policy as JSON."
  value       = data.aws_iam_policy_document.this.json
}
